"""The export of docs/bring-your-own-shop.md: all quirks at once, with expected values computed by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from glue_jobs.source_check import problems_of
from tests.support.shops import Shop

pytestmark = [pytest.mark.usefixtures("interpreted"), pytest.mark.full]

MARTS = ("dim_date", "fct_order_items", "fct_product_activity", "fct_sessions", "sales_daily")
SOURCES = Path(__file__).parent / "sources"
ARTICLES = """\
nummer;bezeichnung;gruppe;marke;preis;steuer;einkauf;bestand;geaendert
a1;Kanne;Geschirr;Hüter;11,90;19;4,50;12;01.03.2025 09:00:00
a2;Sencha;Tee;;5,35;7;2,10;140;01.03.2025 09:00:00
a3;Samowar;Geschirr;Hüter;1.190,00;19;700,00;1;01.03.2025 09:00:00
a4;Sieb;Geschirr;;12.34;19;1,00;1;01.03.2025 09:00:00
""".encode("cp1252")
# Clocks go forward on 30 March, from 2:00 to 3:00, and back on 26 October, from 3:00 to 2:00.
VISITS = [
    "zeit;art;artikel;sitzung;kunde;preis",
    "30.03.2025 01:58:00;ansicht;a1;s1;k1;11,90",
    "30.03.2025 03:05:00;kauf;a1;s1;k1;11,90",
    "26.10.2025 02:30:00;ansicht;a2;s2;;5,35",
    "26.10.2025 03:00:00;ansicht;a2;s2;;5,35",
]
RATES = ["tag;waehrung;kurs", "28.03.2025;CHF;0,95", "31.03.2025;CHF;1,05"]


def order(nr: str, at: str, lines: list[dict[str, Any]], *, currency: str = "EUR", **more: Any) -> dict[str, Any]:
    customer = {"id": "k1", "land": "DE"}
    return {"nr": nr, "zeit": at, "geaendert": at, "kunde": customer, "waehrung": currency, "positionen": lines} | more


POT, TEA = {"artikel": "a1", "preis": 11.90, "steuer": 19}, {"artikel": "a2", "preis": 5.35, "steuer": 7}
FIRST = [
    order("B1", "30.03.2025 01:59:59", [POT | {"menge": 3}, TEA | {"menge": 1}, POT | {"menge": 9}]),
    order("B2", "30.03.2025 03:00:00", [{"artikel": "a2", "menge": 1, "preis": 21.40, "steuer": 7}], currency="CHF"),
    order("B3", "30.03.2025 12:00:00", [POT | {"menge": 1}], currency="USD"),
    order("B4", "01.04.2025 00:30:00", [TEA | {"menge": 2}], currency="CHF"),
]
# The customer of B1 keeps two pots instead of three and none of the nine, returns one, and gets 2.38 back for a scratch.
EDITED = order(
    "B1",
    "30.03.2025 01:59:59",
    [POT | {"menge": 2}, TEA | {"menge": 1}],
    geaendert="02.04.2025 10:00:00",
    erstattungen=[
        {"position": 1, "menge": 1, "zeit": "02.04.2025 09:00:00"},
        {"position": 1, "betrag": 2.38, "zeit": "03.04.2025 09:00:00"},
    ],
)


@pytest.fixture(scope="module")
def shop(spark: SparkSession, lake_root: Path) -> Shop:
    shop = Shop(spark, lake_root, "tea", sources=SOURCES, only_marts=MARTS)
    shop.put("tea_house", "articles", "artikel-1.csv", ARTICLES)
    shop.put("tea_house", "visits", "besuche-1.csv", VISITS)
    shop.put("tea_house", "rates", "kurse.csv", RATES)
    shop.put("tea_house", "orders", "bestellungen-1.json", json.dumps(FIRST, indent=2).encode())
    shop.conform("tea_house")
    shop.put("tea_house", "orders", "bestellungen-2.json", json.dumps([EDITED]).encode(), day="2026-01-02")
    shop.conform("tea_house")
    shop.build("tea_house")
    return shop


def test_the_source_check_finds_no_problems(spark: SparkSession) -> None:
    assert problems_of(spark, SOURCES / "tea_house") == []


def test_order_lines_are_net_euros_of_the_latest_version_and_refunds_are_dated(shop: Shop) -> None:
    lines = shop.rows("order_items", "order_item_id", "line_type", "item_kind", "quantity", "unit_price", "amount", "ordered_at")
    assert lines == [
        ("B1/1", "sale", "product", 2, "10.0000", "20.0000", "2025-03-30 00:59:59"),
        ("B1/2", "sale", "product", 1, "5.0000", "5.0000", "2025-03-30 00:59:59"),
        ("B1/3", "return", "product", -1, "10.0000", "-10.0000", "2025-04-02 07:00:00"),
        ("B1/4", "return", "adjustment", -1, "2.0000", "-2.0000", "2025-04-03 07:00:00"),
        ("B2/1", "sale", "product", 1, "19.0000", "19.0000", "2025-03-30 01:00:00"),
        ("B4/1", "sale", "product", 2, "5.2500", "10.5000", "2025-03-31 22:30:00"),
    ]


def test_rows_without_a_rate_or_a_valid_price_are_in_quarantine(shop: Shop) -> None:
    rejected = shop.rows("quarantine", "table_name", "line_number", "rules")
    assert rejected == [
        ("order_items", 3, ["unit_price_required", "amount_required"]),
        ("products", 5, ["preis_not_decimal"]),
    ]
    ((text,),) = [row for row in shop.rows("quarantine", "raw_text") if "B3" in row[0]]
    assert json.loads(text) == FIRST[2]


def test_prices_with_decimal_commas_are_parsed(shop: Shop) -> None:
    assert shop.rows("products", "product_id", "brand", "list_price", "unit_cost", "stock") == [
        ("a1", "Hüter", "10.0000", "4.5000", 12),
        ("a2", None, "5.0000", "2.1000", 140),
        ("a3", "Hüter", "1000.0000", "700.0000", 1),
    ]


def test_session_durations_are_right_when_clocks_change(shop: Shop) -> None:
    sessions = shop.rows("fct_sessions", "session_id", "started_at", "session_date", "duration_seconds", "user_id")
    assert sessions == [
        ("s1", "2025-03-30 00:58:00", "2025-03-30", 420, "k1"),
        ("s2", "2025-10-26 00:30:00", "2025-10-26", 5400, None),
    ]


def test_days_follow_the_shops_time_zone(shop: Shop) -> None:
    days = shop.rows("sales_daily", "date", "orders", "gross_amount", "returned_amount", "net_amount", "other_amount")
    assert [day for day in days if day[0] < "2025-04-04"] == [
        ("2025-03-30", 2, "44.0000", "0.0000", "44.0000", "0.0000"),
        ("2025-03-31", 0, "0.0000", "0.0000", "0.0000", "0.0000"),
        ("2025-04-01", 1, "10.5000", "0.0000", "10.5000", "0.0000"),
        ("2025-04-02", 0, "0.0000", "10.0000", "-10.0000", "0.0000"),
        ("2025-04-03", 0, "0.0000", "0.0000", "0.0000", "-2.0000"),
    ]
