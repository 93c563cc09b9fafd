"""The figures that people quote: from raw files by DuckDB, on the pages of the dashboard, and by the queries of Power BI."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from contracts.zones import Zone
from dashboards.powerbi.project import project
from dashboards.web.data import Data
from dashboards.web.lake import LakeReader
from offline.athena import open_lake
from tests.end_to_end.lake import CheckedSource
from tests.support.lazy import lazy
from tests.support.powerbi import native_sql

Dashboard = lazy("dashboards.web.app", "Dashboard")

LINES = """
    select
        count(distinct case when line_type = 'sale' then order_id end) as orders,
        count(distinct case when line_type = 'sale' then customer_id end) as buyers,
        sum(case when line_type = 'sale' then quantity end) as units,
        sum(gross_amount) as gross_amount,
        sum(returned_amount) as returned_amount,
        sum(net_amount) as net_amount,
        count(distinct case when gross_amount > 0 then order_id end) as paid_orders
    from {lines}"""
CUSTOMERS = "select count(*) as customers, count(case when orders > 1 then 1 end) as repeat_customers from {customers}"
SESSIONS = "select coalesce(sum(sessions), 0) as sessions, coalesce(sum(purchase_sessions), 0) as purchase_sessions from {days}"
# Discounts that no product takes are part of the net revenue, but neither sales nor returns.
LINES_THAT_COUNT = """(
    select * replace (if(item_kind = 'discount', 'discount', line_type) as line_type) from truth.fct_order_items
    where item_kind in ('product', 'discount') and line_type in ('sale', 'return')
) as counted"""
SESSION_DAYS = (
    "(select 1 as sessions, case when has_purchase then 1 else 0 end as purchase_sessions from truth.fct_sessions) as s"
)
ALL_DAYS = "&from=1900-01-01&to=2100-12-31"


def tiles(component: Any) -> Iterator[tuple[str, str]]:
    """The figures of a page: column and text."""
    children = getattr(component, "children", component)
    if isinstance(children, list | tuple):
        for child in children:
            yield from tiles(child)
    elif isinstance(children, str) and str(getattr(component, "id", "")).startswith("tile-"):
        yield component.id.removeprefix("tile-"), children


def folders(source: CheckedSource) -> dict[str, Any]:
    return {str(zone): source.lake.folder / zone for zone in Zone}


def expected(source: CheckedSource) -> dict[str, Any]:
    """Twelve figures from the raw files, without the lake's code."""
    (lines,) = source.rows(LINES.format(lines=LINES_THAT_COUNT))
    (customers,) = source.rows(CUSTOMERS.format(customers="truth.dim_customer where orders > 0"))
    (sessions,) = source.rows(SESSIONS.format(days=SESSION_DAYS))
    return lines | customers | sessions


class HeadlineChecks:
    """Checks for every source."""

    def test_the_pages_show_the_figures_of_the_raw_files(self, source: CheckedSource) -> None:
        figures = expected(source)
        reader = LakeReader(folders(source))
        dashboard = Dashboard(Data(reader))
        try:
            search = f"?source={source.lake.source}{ALL_DAYS}"
            shown = {
                path: dict(tiles(dashboard.render(path, search, dark=False)["content"]))
                for path in ("/", "/customers", "/funnel")
            }
        finally:
            reader.close()
        sales = shown["/"]
        assert (sales["orders"], sales["buyers"]) == (f"{figures['orders']:,}", f"{figures['buyers']:,}")
        (totals,) = source.rows("select sum(net_amount) as net_amount from lake.sales_daily")
        assert totals["net_amount"] == figures["net_amount"]
        net, average = figures["net_amount"], figures["gross_amount"] / figures["paid_orders"]
        assert f"{net.quantize(Decimal(1), ROUND_HALF_EVEN):,}" in sales["net_amount"]
        assert f"{average:,.2f}" in sales["average_order_value"] or f"{average:,.0f}" in sales["average_order_value"]
        assert sales["return_rate"] == f"{figures['returned_amount'] / figures['gross_amount']:.1%}"
        assert shown["/customers"]["customers"] == f"{figures['customers']:,}"
        assert shown["/customers"]["repeat_rate"] == f"{figures['repeat_customers'] / figures['customers']:.1%}"
        if figures["sessions"]:
            assert shown["/funnel"]["sessions"] == f"{figures['sessions']:,}"
            assert shown["/funnel"]["purchase_rate"] == f"{figures['purchase_sessions'] / figures['sessions']:.1%}"

    def test_the_queries_of_power_bi_have_the_figures_of_the_raw_files(self, source: CheckedSource) -> None:
        parameters = {"Database": "curated", "Shop": source.lake.source, "RangeStart": "1900-01-01", "RangeEnd": "2100-12-31"}
        model = project()

        def table(name: str) -> str:
            return f"({native_sql(model[f'shoplake.SemanticModel/definition/tables/{name}.tmdl'], parameters)}) as t"

        with open_lake(folders(source)) as lake:
            (lines,) = lake.rows(LINES.format(lines=table("Order lines")))
            (customers,) = lake.rows(CUSTOMERS.format(customers=table("Customers")))
            (sessions,) = lake.rows(SESSIONS.format(days=table("Sessions")))
        assert lines | customers | sessions == expected(source)
