"""What the demonstration's shop has to say, asked in Athena's SQL like an analyst would."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from offline.athena import AthenaEngine
from offline.console import render
from offline.lake.run_history import literal, rows
from offline.lake.run_summary import COLUMNS

BAR = 24

WEEKS = """
select date_trunc('week', date) as week, sum(orders) as orders, sum(units) as units, sum(net_amount) as net,
       sum(returned_amount) as returned, sum(new_buyers) as new_buyers
from sales_daily where source = {source} group by 1 order by 1
"""
PRODUCTS = """
select product_name, brand, units, net_amount, views, revenue_rank
from product_performance left join dim_product using (source, product_id)
where source = {source} and revenue_rank <= 5 order by revenue_rank, product_id limit 5
"""
TRENDING = """
select product_name, brand, units_last_7_days, units_prior_28_days, trend_ratio
from product_performance left join dim_product using (source, product_id)
where source = {source} and is_trending order by trend_ratio desc nulls first, units_last_7_days desc, product_id limit 5
"""
FUNNEL = """
select sum(sessions) as sessions, sum(reached_view) as reached_view, sum(reached_cart) as reached_cart,
       sum(reached_purchase) as reached_purchase
from funnel_daily where source = {source}
"""
BRANDS = """
select brand, views, units, revenue, view_to_cart_rate, view_to_purchase_rate
from brand_report where source = {source} order by revenue desc, brand limit 5
"""
SESSIONS = """
select count(*) as sessions, avg(events) as events, approx_percentile(duration_seconds, 0.5) as seconds,
       count_if(events = 1) as single, count_if(has_purchase) as converted,
       approx_percentile(seconds_view_to_purchase, 0.5) as to_purchase
from fct_sessions where source = {source}
"""
REFUSED = """
select rule, count(*) as n, array_join(array_sort(array_agg(distinct table_name)), ', ') as tables
from processed.quarantine cross join unnest(rules) as broken(rule)
where source = {source} group by rule order by n desc, rule
"""
REFUSED_ROWS = """
select source_file, line_number, substr(raw_text, 1, 70) as text, array_join(rules, ', ') as rules from processed.quarantine
where source = {source} and line_number is not null and rules[1] not in ('malformed_record', 'invalid_encoding')
order by source_file, line_number limit 3
"""
ACCOUNTS = """
select table_name, rows_read, rows_processed, rows_quarantined, rows_deduplicated, rows_filtered, seconds
from processed.etl_runs where source = {source} and job = 'conform'
and run_id = (select max(run_id) from processed.etl_runs where source = {source} and job = 'conform' and status = 'succeeded')
order by table_name
"""


def heading(console: Console, text: str) -> None:
    console.print(f"\n[bold cyan]{text}")


def show_all(console: Console, athena: AthenaEngine, source: str) -> None:
    """Sales, products, brands, sessions; then what was refused and how every row is accounted for."""

    def ask(sql: str) -> list[dict[str, Any]]:
        return rows(athena, sql.format(source=literal(source)))

    _weeks(console, ask(WEEKS))
    _products(console, ask(PRODUCTS), ask(TRENDING))
    _funnel(console, ask(FUNNEL)[0])
    _brands(console, ask(BRANDS))
    _sessions(console, ask(SESSIONS)[0])
    _refused(console, ask(REFUSED), ask(REFUSED_ROWS))
    _accounts(console, ask(ACCOUNTS))


def _weeks(console: Console, weeks: Sequence[dict[str, Any]]) -> None:
    heading(console, "Sales by week")
    most = max((week["net"] for week in weeks), default=0) or 1
    lines = [
        (
            f"{week['week']:%Y-%m-%d}",
            week["orders"],
            week["units"],
            render.money(week["returned"]),
            render.money(week["net"]),
            week["new_buyers"],
            _bar(week["net"] / most),
        )
        for week in weeks
    ]
    console.print(render.table(("week of", "orders", "units", "returned", "net", "new buyers", ""), lines, right=range(1, 6)))
    console.print("[dim]The first and the last week may be cut short by the shop's first and last day.")


def _products(console: Console, best: Iterable[dict[str, Any]], trending: Sequence[dict[str, Any]]) -> None:
    heading(console, "Top products by revenue")
    lines = [(row["product_name"], row["brand"], row["units"], row["views"], render.money(row["net_amount"])) for row in best]
    console.print(render.table(("product", "brand", "units", "views", "net"), lines, right=(2, 3, 4)))
    heading(console, "Trending: the last 7 days against the 28 before")
    told = [
        (
            row["product_name"],
            row["brand"],
            row["units_last_7_days"],
            row["units_prior_28_days"],
            "new" if row["trend_ratio"] is None else f"× {row['trend_ratio']:.1f}",
        )
        for row in trending
    ]
    if told:
        console.print(render.table(("product", "brand", "7 days", "28 before", "pace"), told, right=(2, 3, 4)))
    else:
        console.print("None: it takes 10 units in 7 days and half as much again as before.")


def _funnel(console: Console, steps: dict[str, Any]) -> None:
    heading(console, "Funnel, each session once per step, in order")
    most = steps["reached_view"] or 1
    lines = []
    for name, before in (("reached_view", None), ("reached_cart", "reached_view"), ("reached_purchase", "reached_cart")):
        rate = f"{percent(steps[name], steps[before])} of {before}" if before else ""
        lines.append((name, steps[name], rate, _bar((steps[name] or 0) / most)))
    console.print(render.table(("step", "sessions", "", ""), lines, right=[1]))


def _brands(console: Console, brands: Iterable[dict[str, Any]]) -> None:
    heading(console, "Brands by revenue")
    lines = [
        (
            row["brand"],
            row["views"],
            row["units"],
            render.money(row["revenue"]),
            _rate(row["view_to_cart_rate"]),
            _rate(row["view_to_purchase_rate"]),
        )
        for row in brands
    ]
    columns = ("brand", "views", "units", "revenue", "view → cart", "view → purchase")
    console.print(render.table(columns, lines, right=range(1, 6)))


def _sessions(console: Console, told: dict[str, Any]) -> None:
    heading(console, "Sessions")
    if not told["sessions"]:
        console.print("None.")
        return
    console.print(
        f"{told['sessions']:,} sessions of {told['events']:.1f} events; half last longer than {_minutes(told['seconds'])}. "
        f"{percent(told['single'], told['sessions'])} end after one event, {percent(told['converted'], told['sessions'])} buy, "
        f"half of those within {_minutes(told['to_purchase'])} of their first view."
    )


def _refused(console: Console, rules: Sequence[dict[str, Any]], samples: Iterable[dict[str, Any]]) -> None:
    heading(console, "In quarantine, and why")
    lines = [(row["rule"], row["n"], row["tables"]) for row in rules]
    console.print(render.table(("broken rule", "rows", "meant for"), lines, right=[1]))
    console.print("[dim]Three of these rows:")
    for row in samples:
        place = f"{row['source_file'].rpartition('/')[2]}:{row['line_number']}"
        console.print(Text.assemble((place, "dim"), f" {row['rules']}"), soft_wrap=True)
        console.print(f"  {render.visible(row['text'])}", markup=False)


def _accounts(console: Console, accounts: Iterable[dict[str, Any]]) -> None:
    heading(console, "Nothing disappears: read = processed + quarantined + duplicates + left out")
    lines = []
    for row in accounts:
        counts = [row[f"rows_{name}"] for name in ("processed", "quarantined", "deduplicated", "filtered")]
        adds_up = row["rows_read"] == sum(counts)
        mark = Text("✓", style="green") if adds_up else Text("✗", style="red")
        lines.append((row["table_name"], row["rows_read"], *counts, mark))
    console.print(render.table((*COLUMNS[:-1], ""), lines, right=range(1, 6)))


def _bar(share: Any) -> Text:
    return Text("█" * max(0, round(float(share) * BAR)), style="cyan")


def percent(part: int | None, whole: int | None) -> str:
    return f"{(part or 0) / whole:.1%}" if whole else "–"


def _rate(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _minutes(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
