"""The section about what lies in stock, and what will soon not."""

from __future__ import annotations

from offline.report import charts
from offline.report.numbers import plain
from offline.report.page import Figure
from offline.report.section import Section, Shop

COUNTS = """
select count(stock) as known, count_if(needs_reorder) as low, count_if(is_high_demand_low_stock) as urgent,
       count_if(age_class = 'dead') as dead, sum(case when age_class = 'dead' then stock_value end) as dead_value,
       max(as_of) as as_of
from inventory_status where source = {source}
"""
ALERTS = """
select coalesce(product_name, product_id) as name, inventory_status.stock as stock, demand_mean, days_of_cover, reorder_point,
       is_high_demand
from inventory_status left join dim_product using (source, product_id)
where source = {source} and needs_reorder
order by is_high_demand desc, days_of_cover, demand_mean desc, product_id limit 15
"""


def alerts(shop: Shop) -> Section | None:
    """What sells well and will be gone before an order made today arrives."""
    whole = shop.ask(COUNTS)[0]
    if not whole["known"]:
        return None
    rows = shop.ask(ALERTS)
    if not rows:
        return None
    made, (ax,) = charts.figure(len(rows) + 1)
    places = range(len(rows))
    ax.barh(places, [row["stock"] for row in rows], color=charts.BLUE, height=0.72, label="in stock")
    points = [row["reorder_point"] for row in rows]
    ax.scatter(points, places, color=charts.ORANGE, marker="|", s=160, linewidths=3, label="reorder point", zorder=3)
    ax.set_yticks(places, [charts.shorten(row["name"], 30) for row in rows])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("items")
    ax.grid(axis="x", color=charts.LINE)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=2, fontsize=10)
    dead = f" {whole['dead']:,} products have lain unsold for over 90 days" if whole["dead"] else ""
    value = f", worth {shop.amount(whole['dead_value'])}" if dead and whole["dead_value"] is not None else ""
    note = (
        f"On {whole['as_of']:%Y-%m-%d} {whole['low']:,} of {whole['known']:,} products with known stock are at or below their "
        f"reorder point, {whole['urgent']:,} of them in high demand.{dead}{value}{'.' if dead else ''}"
    )
    told = [
        (
            row["name"],
            row["stock"],
            row["reorder_point"],
            Figure(plain(row["demand_mean"])),
            Figure(plain(row["days_of_cover"])),
            "yes" if row["is_high_demand"] else "",
        )
        for row in rows
    ]
    columns = ("product", "stock", "reorder at", "sold a day", "days of cover", "high demand")
    return Section(note, made, columns, told)
