"""The report page is self-contained, and its figures are those computed by hand from a few rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from offline.cli.app import app
from offline.lake.local_lake import LocalLake
from offline.report.rendering import formatting
from tests.support.lazy import lazy

shop_report = lazy("offline.report.shop_report")

if TYPE_CHECKING:
    from tests.unit.offline.report.conftest import Put

DAYS = [date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 13)]
# Sold 100, 50 and 20, of which 10 came back: 160 in three orders, one of them on two days, and a gift.
SALES = [
    {"date": day, "orders": 9, "units": units, "gross_amount": gross, "returned_amount": back, "net_amount": gross - back}
    | {"discount_amount": 0}
    for day, units, gross, back in zip(DAYS, (2, 1, 1), (100, 50, 20), (0, 0, 10), strict=True)
]
LINES = [
    {"order_item_id": f"{number}", "order_id": order, "order_date": day, "gross_amount": gross, "line_type": "sale"}
    | {"item_kind": "product", "currency": "GBP", "ordered_at": datetime(2025, 1, 6)}
    for number, (order, day, gross) in enumerate(
        [("o1", DAYS[0], 90), ("o1", DAYS[1], 10), ("o2", DAYS[1], 50), ("o3", DAYS[2], 20), ("gift", DAYS[2], 0)]
    )
]
# Three of 40 sessions bought; only two of them took every step of the funnel.
SESSIONS = [
    {"session_id": f"s{number}", "started_at": datetime(2025, 1, 6), "events": 2, "duration_seconds": 60, "carts": 0}
    | {"has_purchase": number < 3}
    for number in range(40)
]
# One of two customers ordered again; there is no top tenth of two customers.
CUSTOMERS = [
    {"customer_id": "c<1>", "country": "Malta", "orders": 2, "net_amount": 140, "last_order_date": DAYS[2]},
    {"customer_id": "c2", "orders": 1, "net_amount": 20, "last_order_date": DAYS[1]},
]
CATEGORIES = [
    {
        "level": "category",
        "category": "tea & more",
        "products": 2,
        "views": 50,
        "carts": 9,
        "purchases": 5,
        "orders": 2,
        "units": 3,
        "net_amount": 120,
    },
    {
        "level": "category",
        "category": "(none)",
        "products": 1,
        "views": 10,
        "carts": 1,
        "purchases": 0,
        "orders": 1,
        "units": 1,
        "net_amount": 40,
    },
]
LEVELS = ("category", "top_category")
FUNNEL = [
    {"date": DAYS[0], "sessions": 30, "reached_view": 20, "reached_cart": 8, "reached_purchase": 2},
    {"date": DAYS[1], "sessions": 10, "reached_view": 5, "reached_cart": 2, "reached_purchase": 2},
]
SCORES = [
    {
        "customer_id": "c<1>",
        "as_of": DAYS[2],
        "recency_score": 5,
        "frequency_score": 5,
        "monetary_score": 4,
        "segment": "Champions",
    },
    {"customer_id": "c2", "as_of": DAYS[2], "recency_score": 1, "frequency_score": 1, "monetary_score": 1, "segment": "Lost"},
]


@pytest.fixture
def tiny(lake: LocalLake, put: Put) -> LocalLake:
    put("dim_date", [{"date": day} for day in DAYS])
    put("sales_daily", SALES)
    put("dim_customer", CUSTOMERS)
    levels = [row | {"level": level} for row in CATEGORIES for level in LEVELS]
    put("category_performance", [row | {"share_of_net": row["net_amount"] / 160} for row in levels])
    put("funnel_daily", FUNNEL)
    put("rfm", [row | {"monetary_amount": amount} for row, amount in zip(SCORES, (140, 20), strict=True)])
    put("fct_order_items", LINES)
    put("fct_sessions", SESSIONS)
    return lake


@pytest.fixture
def page(tiny: LocalLake, tmp_path: Path) -> str:
    return shop_report.write_report(tiny, "tiny", tmp_path / "out").page.read_text(encoding="utf-8")


def parsed(page: str) -> ElementTree.Element:
    """The page is also valid XML, so a strict parser can read it."""
    return ElementTree.fromstring(page.removeprefix("<!doctype html>"))


def first_level(page: str) -> str:
    """The text that a reader sees without opening anything, and that of the charts."""
    root = parsed(page)
    for card in root.iter("section"):
        for closed in card.findall("details"):
            card.remove(closed)
    # A chart's text is glyphs; the text itself is in a comment next to them.
    return " ".join([*root.itertext(), *re.findall(r"<!--(.*?)-->", page)])


def attributes(page: str, *names: str) -> Iterator[str]:
    for element in parsed(page).iter():
        for name, value in element.attrib.items():
            if name.rpartition("}")[2] in names:
                yield value


def test_the_page_loads_nothing_and_its_ids_are_unique(page: str) -> None:
    assert all(value.startswith("#") for value in attributes(page, "href", "src", "srcset", "data", "action"))
    assert not re.search(r"<script|<link|<iframe|<image|@import|url\(\s*['\"]?(?!#)", page)
    ids = list(attributes(page, "id"))
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in attributes(page, "href")} <= set(ids)


def test_figures_match_the_rows(page: str) -> None:
    text = " ".join("".join(parsed(page).itertext()).split())
    for sentence in (
        "net revenue£160.00",
        "orders41 of them cost nothing",
        "sessions that bought7.5%",
        "order value£56.67before returns and discounts",
        "ordered again50.0%",
        "£160.00 in total, after returns of £10.00 (5.9% of sales)",
        "tea & more brings 75.0% of net revenue. The shop has 2 top categories.",
        "50.0% of 2 known customers ordered more than once; they bring 87.5% of all net revenue.",
        "40.0% of the sessions that viewed a product added one to the cart; 40.0% of these bought.",
        "Champions are 50.0% of known customers. They bring 87.5% of these customers' net revenue, which is 87.5% of all",
        "Sales from 6 January 2025 to 13 January 2025",
        "Hatched: the data do not cover the entire week.",
    ):
        assert sentence in text, sentence


def metric(
    job: str, model: str, name: str, score: float, low: float | None = None, base: float | None = None
) -> dict[str, object]:
    return {
        "job": job,
        "model": model,
        "split": "test",
        "metric": name,
        "score": score,
        "ci_low": low,
        "ci_high": None if low is None else 2 * score - low,
        "baseline_score": base,
        "sample_size": 40,
        "is_published": model == "als",
    }


def test_predictions_recommendations_and_pairs_match_the_rows(tiny: LocalLake, put: Put, tmp_path: Path) -> None:
    # GIVEN ten customers with a predicted value of 100, then 10 each; two methods; a pair in both directions
    put(
        "customer_value",
        [
            {
                "customer_id": f"c{n}",
                "expected_value_90": 100 if n == 0 else 10,
                "expected_purchases_90": 2.0,
                "probability_alive": 0.5,
                "value_method": "own_rate",
                "as_of": DAYS[2],
            }
            for n in range(10)
        ],
    )
    put(
        "model_metrics",
        [
            metric("value", "own_rate", "bias_value_90", -0.25) | {"is_published": True},
            metric("recommend", "als", "ndcg_10", 0.25, low=0.2) | {"baseline": "popularity"},
            metric("recommend", "als", "hit_rate_10", 0.5),
            metric("recommend", "als", "improvement_ndcg_10", 0.05, low=0.02),
            metric("recommend", "als", "coverage", 0.125),
            metric("recommend", "popularity", "ndcg_10", 0.75, low=0.5),
        ],
    )
    put(
        "segment_profile",
        [
            {"segment": 1, "segment_name": "rare", "customers": 4, "customer_share": 1.0, "net_amount_share": 1.0}
            | {"finding": "frequent_and_rare", "stability": 0.75, "sessions_per_customer": 2.0, "minutes_per_session": 1.5}
        ],
    )
    pair = {"kind": "purchase", "pair_baskets": 7, "confidence": 0.35, "lift": 12.5, "llr": 30.0}
    put(
        "item_pairs",
        [pair | {"product_id": "p1", "other_product_id": "p2"}, pair | {"product_id": "p2", "other_product_id": "p1"}],
    )
    # WHEN
    files = shop_report.write_report(tiny, "tiny", tmp_path / "out")
    # THEN
    text = " ".join("".join(parsed(files.page.read_text(encoding="utf-8")).itertext()).split())
    for sentence in (
        "The best tenth of the customers is predicted to bring 52.6% of the total.",
        "Predicted for the 90 days after 13 January 2025. The best",
        "Method: each customer goes on at their own rate so far.",
        "Such predictions of the last half year were 25.0% too low in total.",
        "How well ten recommendations name what 40 users turned to later, from 0 (never) to 1 (always, the best first).",
        "Users get: what similar users like.",
        "The score is NDCG@10 on held-back data, with 95 % intervals; the method was chosen on earlier data.",
        "For the same users it is 0.050 (0.020 to 0.080) above popularity.",
        "There are no groups beyond frequent and rare: the borders between the segments are arbitrary.",
        "what similar users likeals0.250050.0%12.5%",
        "p1p2735.0%12.5",
    ):
        assert sentence in text, sentence
    assert "p2p1" not in text
    # AND outside of the details there are no words that only statisticians know
    terms = "ndcg|als|silhouette|k-means|bg/nbd|rand index|log-likelihood|lift|bootstrap|intervals"
    assert re.findall(rf"\b({terms})\b", first_level(files.page.read_text(encoding="utf-8")).lower()) == []


def test_scores_are_shown_with_their_reasons(tiny: LocalLake, put: Put, tmp_path: Path) -> None:
    # GIVEN scores of both customers, of whom the second has spent 20, and two unusual orders, one of them reviewed
    score = {"as_of": DAYS[2], "horizon_days": 30, "model_version": 3, "decile": 1}
    put(
        "churn_scores",
        [
            score | {"customer_id": "c<1>", "rank": 2, "churn_probability": 0.4, "reasons": ["2 orders lowers the risk"]},
            score | {"customer_id": "c2", "rank": 1, "churn_probability": 0.75, "reasons": ["1 order raises the risk"]},
        ],
    )
    order = {"as_of": DAYS[2], "model_version": 1, "ordered_at": datetime(2025, 1, 7), "amount": 50, "reasons": ["paid <much>"]}
    put(
        "anomaly_scores",
        [order | {"order_id": "o2", "rank": 2, "is_alert": True}, order | {"order_id": "seen", "rank": 1, "is_alert": False}],
    )
    # WHEN
    files = shop_report.write_report(tiny, "tiny", tmp_path / "out")
    # THEN the customer with the higher revenue comes first, though the other one is more likely to leave
    text = " ".join("".join(parsed(files.page.read_text(encoding="utf-8")).itertext()).split())
    for sentence in (
        "Of the three tenths of customers most likely to buy nothing in the 30 days after 13 January 2025",
        "c<1>40.0%£140.00",
        "2 orders lowers the riskc275.0%£20.00",
        "version 3 of the churn model",
        "The most unusual orders until 13 January 2025",
        "o2–2025-01-07 00:00£50.00paid <much>",
    ):
        assert sentence in text, sentence
    assert "seen" not in text


def test_sections_without_rows_are_omitted_and_listed(tiny: LocalLake, tmp_path: Path) -> None:
    files = shop_report.write_report(tiny, "tiny", tmp_path / "out")
    shown = {"revenue", "categories", "top-customers", "order-frequency", "rfm", "funnel", "engagement", "category-performance"}
    assert {picture.stem for picture in files.pictures} == shown
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in files.pictures)
    assert set(files.omitted) == {title for key, (title, _) in shop_report.SECTIONS.items() if key not in shown}
    assert f"Nothing to show for: {', '.join(files.omitted)}." in files.page.read_text(encoding="utf-8").replace("&#x27;", "'")


def test_hostile_and_foreign_names_are_shown_as_text(lake: LocalLake, put: Put, tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "\x1b]0;title\x07\x1b[31mred", '"><img src=x onerror=alert(2)>', "$x_1$ {{7*7}}"]
    names.append("お茶")
    put("dim_date", [{"date": day} for day in DAYS])
    put("sales_daily", SALES)
    put(
        "category_performance",
        [CATEGORIES[0] | {"level": level, "category": name, "share_of_net": 0.2} for name in names for level in LEVELS],
    )
    # WHEN written, which warns of nothing (a warning is an error in tests)
    page = shop_report.write_report(lake, "tiny", tmp_path / "out").page.read_text(encoding="utf-8")
    # THEN
    text = "".join(parsed(page).itertext())
    for name in (names[0], "\\x1b]0;title\\x07\\x1b[31mred", *names[2:]):
        assert name in text, name
    assert not [element.tag for element in parsed(page).iter() if element.tag in ("script", "img")]
    charts = [element for element in parsed(page).iter() if element.tag.endswith("svg")]
    assert any("お茶" in "".join(chart.itertext()) for chart in charts)


def test_the_same_tables_produce_the_same_bytes(tiny: LocalLake, tmp_path: Path) -> None:
    first, second = (shop_report.write_report(tiny, "tiny", tmp_path / name).page.read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_source_without_tables_is_an_error(tiny: LocalLake) -> None:
    result = CliRunner().invoke(app, ["--lake", str(tiny.root), "report", "--source", "other"])
    assert result.exit_code == 2
    assert result.stderr == "other: no curated tables for this source; sources with tables: tiny.\n"


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        (1234567, "EUR", "€1.23 m"),
        (-950, "USD", "−$950"),
        (53_300, None, "53.3 k"),
        (999.6, "SEK", "1,000 SEK"),
        (0, "GBP", "£0"),
    ],
)
def test_amounts_are_short_and_have_their_currency(value: float, currency: str | None, expected: str) -> None:
    assert formatting.short_money(value, currency) == expected


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, "50.0%"), (0.00004, "0.004%"), (0.99996, "99.996%"), (0, "0.0%"), (1, "100.0%"), (None, "–")]
)
def test_a_share_is_not_rounded_to_all_or_nothing(share: float | None, expected: str) -> None:
    assert formatting.percent(share) == expected
