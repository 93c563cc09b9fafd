"""The figures of the report are those computed by hand from a few rows."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from offline.lake.local_lake import LocalLake
from tests.support.lazy import lazy
from tests.unit.offline.report.conftest import DAYS, parsed

if TYPE_CHECKING:
    from tests.unit.offline.report.conftest import Put


shop_report = lazy("offline.report.shop_report")
predictions = lazy("offline.report.sections.predictions")
open_lake = lazy("offline.athena", "open_lake")
ReportSource = lazy("offline.report.sections.base", "ReportSource")


def first_level(page: str) -> str:
    """The text that a reader sees without opening anything, and that of the charts."""
    root = parsed(page)
    for card in root.iter("section"):
        for closed in card.findall("details"):
            card.remove(closed)
    # A chart's text is glyphs; the text itself is in a comment next to them.
    return " ".join([*root.itertext(), *re.findall(r"<!--(.*?)-->", page)])


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
    # THEN the picture itself says for which days it is, and how far such predictions were off
    with open_lake(tiny.folders) as queries:
        section = predictions.predicted_value(ReportSource(queries, "tiny"))
    assert section is not None
    caption = section.figure.axes[0].get_title(loc="left")
    assert caption.split() == "for the 90 days after 13 January 2025; such predictions were 25.0% too low".split()
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
    unusual = {"as_of": DAYS[2], "model_version": 1, "happened_at": datetime(2025, 1, 7), "is_alert": True, "anomaly_score": 2.5}
    order = unusual | {"entity": "order", "amount": 50, "reasons": ["paid <much>"]}
    crawl = unusual | {"entity": "session", "entity_id": "s7", "rank": 1, "reasons": ["many <events>"]}
    put(
        "anomaly_scores",
        [order | {"entity_id": "o2", "rank": 2}, order | {"entity_id": "seen", "rank": 1, "is_alert": False}, crawl],
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
        "sessions7–2025-01-07 00:00many <events>",
    ):
        assert sentence in text, sentence
    assert "seen" not in text
