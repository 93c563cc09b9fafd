"""The report of one source: every section that has something to tell, as a page and as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from offline.athena import AthenaEngine
from offline.lake import run_history
from offline.lake.local_lake import LocalLake
from offline.report import charts, customers, predictions, products, sales, stock, visits
from offline.report.numbers import percent, plain
from offline.report.page import facts, page, table
from offline.report.section import Section, Shop, Tell

SECTIONS: Mapping[str, tuple[str, Tell]] = {
    "revenue": ("Revenue over time", sales.over_time),
    "categories": ("Revenue by category", sales.by_category),
    "bestsellers": ("Bestsellers", products.bestsellers),
    "trending": ("Trending", products.trending),
    "top-customers": ("Top customers by value", customers.top_customers),
    "order-frequency": ("How often customers order", customers.order_frequency),
    "rfm": ("Customers by recency, frequency and money", customers.rfm_grid),
    "segments": ("Customer segments", customers.segments),
    "expected-value": ("What customers are expected to bring", predictions.expected_value),
    "cohorts": ("Do customers come back?", customers.cohort_map),
    "together": ("Together more often than by chance", predictions.together),
    "recommendations": ("Which recommendations foretell best", predictions.recommenders),
    "funnel": ("Funnel", visits.funnel),
    "engagement": ("Engagement", visits.engagement),
    "brands": ("Brands", products.brands),
    "category-performance": ("Category performance", products.categories),
    "price-bands": ("Price bands", sales.price_bands),
    "inventory": ("Inventory alerts", stock.alerts),
}
FACTS = """
select min(case when gross_amount > 0 then date end) as first_day, max(case when gross_amount > 0 then date end) as last_day,
       sum(orders) as orders, sum(units) as units, sum(net_amount) as net, sum(gross_amount) as gross
from sales_daily where source = {source}
"""
CUSTOMERS = "select count(*) as customers, count_if(orders > 1) as again from dim_customer where source = {source} and orders > 0"
FOOTER = (
    "Every figure is of this one source and comes from its curated tables; net is what was sold less what was returned. "
    "Customers stand under pseudonyms. `shoplake sql` asks the same tables."
)


@dataclass(frozen=True)
class Made:
    """The files of one source's report, and the titles of sections that had nothing to tell."""

    source: str
    page: Path
    pictures: tuple[Path, ...]
    left_out: tuple[str, ...]


def sources_of(home: LocalLake) -> list[str]:
    """The sources that have curated tables."""
    return sorted({path.name.removeprefix("source=") for path in home.folders["curated"].glob("dim_date/source=*")})


def report(home: LocalLake, source: str, out: Path) -> Made:
    """Writes `<source>.html` and the pictures of its sections into a folder; takes the place of an earlier report."""
    pictures = out / source
    pictures.mkdir(parents=True, exist_ok=True)
    for old in pictures.glob("*.png"):
        old.unlink()
    with run_history.engine(home) as athena:
        shop = Shop(athena, source)
        told = {key: section for key, (_, tell) in SECTIONS.items() if (section := tell(shop))}
        body = _body(shop, told)
        span = _span(athena, source)
    for key, section in told.items():
        charts.png(section.figure, pictures / f"{key}.png", title=SECTIONS[key][0])
    target = out / f"{source}.html"
    target.write_text(page(title=f"{source}: the shop's report", subtitle=span, body=body, footer=FOOTER), encoding="utf-8")
    left_out = tuple(title for key, (title, _) in SECTIONS.items() if key not in told)
    return Made(source, target, tuple(pictures / f"{key}.png" for key in told), left_out)


def _body(shop: Shop, told: Mapping[str, Section]) -> str:
    links = "".join(f'<a href="#{key}">{escape(SECTIONS[key][0])}</a>' for key in told)
    cards = "".join(_card(key, section) for key, section in told.items())
    missing = [title for key, (title, _) in SECTIONS.items() if key not in told]
    note = f'<p class="note">Left out, since this source has no rows for it: {escape(", ".join(missing))}.</p>' if missing else ""
    return f'{facts(_facts(shop))}<nav>{links}</nav><div class="cards">{cards}</div>{note}'


def _card(key: str, section: Section) -> str:
    title = SECTIONS[key][0]
    picture = charts.svg(section.figure, key=key, title=escape(title))
    figures = f"<details><summary>The figures</summary>{table(section.columns, section.rows)}</details>" if section.rows else ""
    wide = " wide" if section.wide else ""
    note = f'<p class="note">{escape(section.note)}</p>'
    drawn = f'<div class="scroll">{picture}</div>' if section.wide else picture
    return f'<section class="card{wide}" id="{key}"><h2>{escape(title)}</h2>{note}{drawn}{figures}</section>'


def _facts(shop: Shop) -> list[tuple[str, str]]:
    sold, people = shop.ask(FACTS)[0], shop.ask(CUSTOMERS)[0]
    visited: dict[str, Any] = shop.ask(
        "select sum(sessions) as sessions, sum(reached_purchase) as reached_purchase from funnel_daily where source = {source}"
    )[0]
    pairs = []
    if sold["orders"]:
        pairs += [
            ("net revenue", shop.amount(sold["net"])),
            ("orders", plain(sold["orders"])),
            ("per order, before returns", shop.amount(sold["gross"] / sold["orders"])),
            ("items sold", plain(sold["units"])),
        ]
    if people["customers"]:
        pairs += [
            ("customers who ordered", plain(people["customers"])),
            ("came again", percent(people["again"] / people["customers"])),
        ]
    if visited["sessions"]:
        pairs += [
            ("sessions", plain(visited["sessions"])),
            ("sessions that bought", percent(visited["reached_purchase"] / visited["sessions"])),
        ]
    return pairs


def _span(athena: AthenaEngine, source: str) -> str:
    row = Shop(athena, source).ask("select min(date) as first_day, max(date) as last_day from dim_date where source = {source}")[
        0
    ]
    return f"{row['first_day']:%-d %B %Y} to {row['last_day']:%-d %B %Y}" if row["first_day"] else "no days yet"
