"""The report on one source: a page with every section that has rows, and each chart as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import LakeError
from glue_jobs.lib.source_definition.source_loader import load_source
from offline.athena import open_lake
from offline.lake.local_lake import LocalLake
from offline.report.rendering import charts
from offline.report.rendering.page import escape, facts, page, table
from offline.report.sections import customers, inventory, key_figures, loyalty, predictions, products, sales, scores, sessions
from offline.report.sections.base import ReportSource, Section, SectionBuilder

SECTIONS: Mapping[str, tuple[str, SectionBuilder]] = {
    "revenue": ("Revenue over time", sales.revenue_over_time),
    "categories": ("Revenue by category", sales.by_category),
    "bestsellers": ("Bestsellers", products.bestsellers),
    "trending": ("Trending products", products.trending),
    "top-customers": ("Top customers by revenue", customers.top_customers),
    "order-frequency": ("Orders per customer", customers.order_frequency),
    "rfm": ("Customers by recency, frequency and spending", loyalty.rfm_grid),
    "segments": ("Customer segments", customers.segments),
    "expected-value": ("Predicted customer value", predictions.predicted_value),
    "at-risk": ("Valuable customers likely to leave", scores.customers_at_risk),
    "unusual": ("Unusual orders", scores.unusual_orders),
    "unusual-visitors": ("Unusual sessions and customers", scores.unusual_visitors),
    "cohorts": ("Do customers come back?", loyalty.cohort_map),
    "together": ("Frequently bought together", predictions.bought_together),
    "recommendations": ("Quality of recommendations", predictions.recommenders),
    "funnel": ("Funnel", sessions.funnel),
    "engagement": ("Engagement", sessions.engagement),
    "brands": ("Brands", products.brands),
    "category-performance": ("Category performance", products.categories),
    "price-bands": ("Price bands", sales.price_bands),
    "inventory": ("Inventory alerts", inventory.alerts),
}
FOOTER = (
    "All figures are about this one source and come from its curated tables. Net revenue is sales of products less returns and "
    "discounts; shipping and fees are not part of it. Customers are shown by the ids that the shop gave them. "
    "`shoplake sql` queries the same views."
)


@dataclass(frozen=True)
class ReportFiles:
    """The files of one source's report, and the titles of the sections without rows."""

    source: str
    page: Path
    pictures: tuple[Path, ...]
    omitted: tuple[str, ...]


def sources_with_tables(lake: LocalLake) -> list[str]:
    """The sources that have curated tables."""
    return sorted({path.name.removeprefix("source=") for path in lake.folders["curated"].glob("dim_date/source=*")})


def write_report(lake: LocalLake, name: str, folder: Path) -> ReportFiles:
    """Write `<name>.html` and the pictures of its sections into `folder`, replacing an earlier report."""
    pictures = folder / name
    pictures.mkdir(parents=True, exist_ok=True)
    for old in pictures.glob("*.png"):
        old.unlink()
    with open_lake(lake.folders) as queries:
        source = ReportSource(queries, name)
        sections = {key: section for key, (_, build) in SECTIONS.items() if (section := build(source))}
        html = page(title=_title(lake, name), subtitle=key_figures.period_of(source), body=_body(source, sections), footer=FOOTER)
    for key, section in sections.items():
        charts.png(section.figure, pictures / f"{key}.png", title=SECTIONS[key][0])
    target = folder / f"{name}.html"
    target.write_text(html, encoding="utf-8")
    return ReportFiles(name, target, tuple(pictures / f"{key}.png" for key in sections), tuple(_omitted(sections)))


def _title(lake: LocalLake, name: str) -> str:
    """The title that the source's folder states; its name where there is no such folder any more."""
    try:
        return load_source(lake.sources, name).title
    except LakeError:
        return name


def _omitted(sections: Mapping[str, Section]) -> list[str]:
    return [title for key, (title, _) in SECTIONS.items() if key not in sections]


def _body(source: ReportSource, sections: Mapping[str, Section]) -> str:
    links = "".join(f'<a href="#{key}">{escape(SECTIONS[key][0])}</a>' for key in sections)
    cards = "".join(_card(key, section) for key, section in sections.items())
    omitted = _omitted(sections)
    note = f'<p class="note">Nothing to show for: {escape(", ".join(omitted))}.</p>' if omitted else ""
    return f'{facts(key_figures.key_figures(source))}<nav>{links}</nav><div class="cards">{cards}</div>{note}'


def _details(summary: str, body: str) -> str:
    return f"<details><summary>{summary}</summary>{body}</details>"


def _card(key: str, section: Section) -> str:
    title = SECTIONS[key][0]
    chart = charts.svg(section.figure, key=key, title=escape(title))
    figures = _details("Show the figures", table(section.columns, section.rows)) if section.rows else ""
    method = _details("How it is computed", f"<p>{escape(section.method)}</p>") if section.method else ""
    wide = " wide" if section.wide else ""
    note = f'<p class="note">{escape(section.note)}</p>'
    framed = f'<div class="scroll">{chart}</div>' if section.wide else chart
    return f'<section class="card{wide}" id="{key}"><h2>{escape(title)}</h2>{note}{framed}{figures}{method}</section>'
