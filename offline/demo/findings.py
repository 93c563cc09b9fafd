"""What the demo shop's marts show: sales, products, funnel, sessions, quarantine and reconciliation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from offline.athena import LakeQueries
from offline.console import render
from offline.lake.run_summary import COLUMNS
from offline.report.rendering.formatting import percent

BAR = 24
TOP = 5
SAMPLES = 3


def heading(console: Console, text: str) -> None:
    console.print(f"\n[bold cyan]{text}")


def show_all(console: Console, lake: LakeQueries, source: str) -> None:
    """Sales, products, brands and sessions, then quarantined rows and row reconciliation."""
    _weeks(console, lake.view("sales_weekly", source=source, order_by=("week_start",)))
    _products(
        console,
        lake.view("bestsellers", source=source, order_by=("revenue_rank",), limit=TOP),
        lake.view("trending_products", source=source, order_by=("trend_rank",), limit=TOP),
    )
    _funnel(console, lake.view_row("funnel", source=source))
    _brands(console, lake.view("brand_performance", source=source, order_by=("revenue_rank",), limit=TOP))
    _sessions(console, lake.view_row("session_totals", source=source))
    _quarantine(
        console,
        lake.report("quarantine_by_rule", source=source, order_by=("broken_rows desc", "rule")),
        lake.report("quarantine_rows", source=source, order_by=("source_file", "line_number"), limit=SAMPLES),
    )
    _reconciliation(console, lake.report("reconciliation", source=source, order_by=("table_name",)))


def _weeks(console: Console, weeks: Sequence[dict[str, Any]]) -> None:
    heading(console, "Sales by week")
    most = max((week["net_amount"] for week in weeks), default=0) or 1
    lines = [
        (
            f"{week['week_start']:%Y-%m-%d}",
            week["orders"],
            week["units"],
            render.money(week["returned_amount"]),
            render.money(week["net_amount"]),
            week["new_buyers"],
            _bar(week["net_amount"] / most),
        )
        for week in weeks
    ]
    columns = ("week of", "orders", "units", "returns", "net", "new buyers", "")
    console.print(render.table(columns, lines, right=range(1, 6)))
    console.print("[dim]The first and the last week may be incomplete.")


def _products(console: Console, best: Iterable[dict[str, Any]], trending: Sequence[dict[str, Any]]) -> None:
    heading(console, "Bestsellers by revenue")
    lines = [(row["product"], row["brand"], row["units"], row["views"], render.money(row["net_amount"])) for row in best]
    console.print(render.table(("product", "brand", "units", "views", "net revenue"), lines, right=(2, 3, 4)))
    heading(console, "Trending: the last 7 days against the 28 days before")
    if not trending:
        console.print("None: a product needs 10 items sold in 7 days, and half as much again as before.")
        return
    paces = [
        (
            row["product"],
            row["brand"],
            row["units_last_7_days"],
            row["units_prior_28_days"],
            "new" if row["trend_ratio"] is None else f"× {row['trend_ratio']:.1f}",
        )
        for row in trending
    ]
    console.print(render.table(("product", "brand", "last 7 days", "28 days before", "pace"), paces, right=(2, 3, 4)))


def _funnel(console: Console, funnel: dict[str, Any] | None) -> None:
    heading(console, "Funnel: sessions that reached each step, in order")
    if not funnel:
        console.print("No sessions.")
        return
    most = funnel["reached_view"] or 1
    steps = (
        ("reached_view", ""),
        ("reached_cart", f"{percent(funnel['view_to_cart_rate'])} of reached_view"),
        ("reached_purchase", f"{percent(funnel['cart_to_purchase_rate'])} of reached_cart"),
    )
    lines = [(name, funnel[name], rate, _bar(funnel[name] / most)) for name, rate in steps]
    console.print(render.table(("step", "sessions", "", ""), lines, right=[1]))


def _brands(console: Console, brands: Iterable[dict[str, Any]]) -> None:
    heading(console, "Brands by revenue")
    lines = [
        (
            row["brand"],
            row["views"],
            row["units"],
            render.money(row["net_amount"]),
            percent(row["view_to_cart_rate"]),
            percent(row["view_to_purchase_rate"]),
        )
        for row in brands
    ]
    columns = ("brand", "views", "units", "net revenue", "view → cart", "view → purchase")
    console.print(render.table(columns, lines, right=range(1, 6)))


def _sessions(console: Console, totals: dict[str, Any] | None) -> None:
    heading(console, "Sessions")
    if not totals:
        console.print("No sessions.")
        return
    sessions = totals["sessions"]
    console.print(
        f"{sessions:,} sessions with {totals['mean_events']:.1f} events on average; half last longer than "
        f"{_minutes(totals['median_duration_seconds'])}. {percent(totals['single_event_sessions'] / sessions)} end after one "
        f"event, {percent(totals['purchase_sessions'] / sessions)} buy, half of those within "
        f"{_minutes(totals['median_seconds_to_purchase'])} of their first view."
    )


def _quarantine(console: Console, rules: Sequence[dict[str, Any]], samples: Iterable[dict[str, Any]]) -> None:
    heading(console, "Quarantined rows")
    lines = [(row["rule"], row["broken_rows"], row["table_names"]) for row in rules]
    console.print(render.table(("broken rule", "rows", "meant for"), lines, right=[1]))
    console.print("[dim]Sample rows:")
    for row in samples:
        place = f"{row['source_file'].rpartition('/')[2]}:{row['line_number']}"
        console.print(Text.assemble((place, "dim"), f" {row['broken_rules']}"), soft_wrap=True)
        console.print(f"  {render.visible(row['text_start'])}", markup=False)


def _reconciliation(console: Console, accounts: Iterable[dict[str, Any]]) -> None:
    heading(console, "Row reconciliation: read = processed + quarantined + deduplicated + filtered")
    lines = []
    for row in accounts:
        counts = [row[f"rows_{name}"] for name in ("processed", "quarantined", "deduplicated", "filtered")]
        is_balanced = row["rows_read"] == sum(counts)
        mark = Text("✓", style="green") if is_balanced else Text("✗", style="red")
        lines.append((row["table_name"], row["rows_read"], *counts, mark))
    console.print(render.table((*COLUMNS[:-1], ""), lines, right=range(1, 6)))


def _bar(share: Any) -> Text:
    return Text("█" * max(0, round(float(share) * BAR)), style="cyan")


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
