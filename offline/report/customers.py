"""Sections about customers: who brings the money, how often they come, whether they stay."""

from __future__ import annotations

from typing import Any

from offline.report import charts
from offline.report.numbers import percent, plain, short
from offline.report.page import Figure
from offline.report.section import Section, Shop

TOP = """
select customer_id, country, orders, net_amount, last_order_date from dim_customer
where source = {source} and orders > 0 order by net_amount desc, customer_id limit 15
"""
DECILE = """
with ranked as (
  select net_amount, row_number() over (order by net_amount desc, customer_id) as place, count(*) over () as customers
  from dim_customer where source = {source} and orders > 0
)
select max(customers) as customers, sum(net_amount) as net, sum(case when place * 10 <= customers then net_amount end) as top_net
from ranked
"""
FREQUENCY = """
select least(orders, 10) as orders, count(*) as customers, sum(net_amount) as net from dim_customer
where source = {source} and orders > 0 group by 1 order by 1
"""
COHORTS = """
select cohort_month, months_since, cohort_customers, active_customers, retention_rate, is_complete_month from cohorts
where source = {source} order by cohort_month, months_since
"""
RFM = """
select recency_score, cast(floor((frequency_score + monetary_score) / 2.0 + 0.5) as integer) as value_score, segment,
       count(*) as customers, sum(monetary_amount) as net
from rfm where source = {source} group by 1, 2, 3 order by 1, 2
"""
SEGMENTS = """
select segment_name, customers, customer_share, net_amount, net_amount_share, orders_per_customer, net_amount_per_order,
       silhouette, stability
from segment_profile where source = {source} order by segment
"""
COHORTS_SHOWN = 13


def top_customers(shop: Shop) -> Section | None:
    """The fifteen who brought most, and how much hangs on the first tenth."""
    rows = shop.ask(TOP)
    if not rows:
        return None
    made, (ax,) = charts.figure(len(rows))
    charts.bars(ax, [row["customer_id"] for row in rows], [float(row["net_amount"]) for row in rows], shop.money, room=14)
    whole = shop.ask(DECILE)[0]
    share = float(whole["top_net"] / whole["net"]) if whole["net"] and whole["top_net"] is not None else None
    tenth = f"The first tenth of {whole['customers']:,} customers brought {percent(share)}."
    note = f"By net revenue so far, under their pseudonyms. {tenth}"
    told = [
        (row["customer_id"], row["country"], row["orders"], Figure(shop.amount(row["net_amount"])), row["last_order_date"])
        for row in rows
    ]
    return Section(note, made, ("customer", "country", "orders", "net", "last order"), told)


def order_frequency(shop: Shop) -> Section | None:
    """How many customers ordered once, twice, …"""
    rows = shop.ask(FREQUENCY)
    if not rows:
        return None
    counted = {row["orders"]: row for row in rows}
    most = max(counted)
    names = [f"{n}+" if n == 10 else str(n) for n in range(1, most + 1)]
    values = [counted[n]["customers"] if n in counted else 0 for n in range(1, most + 1)]
    made, (ax,) = charts.figure(7)
    charts.columns(ax, names, values, short, what="orders of a customer")
    total, net = sum(values), sum(row["net"] for row in rows)
    again = total - values[0]
    brought = float(1 - counted[1]["net"] / net) if 1 in counted and net else None
    note = (
        f"{percent(again / total)} of {total:,} customers ordered more than once; they bring {percent(brought)} of net revenue."
    )
    told = [(f"{n}+" if n == 10 else n, row["customers"], Figure(shop.amount(row["net"]))) for n, row in counted.items()]
    return Section(note, made, ("orders", "customers", "net"), told)


def cohort_map(shop: Shop) -> Section | None:
    """Of those who first bought in a month, the share that bought again in the months after."""
    rows = shop.ask(COHORTS)
    months = sorted({row["cohort_month"] for row in rows})[-COHORTS_SHOWN:]
    if len(months) < 2:
        return None
    wide = min(COHORTS_SHOWN, max(row["months_since"] for row in rows if row["cohort_month"] in months) + 1)
    found = {(row["cohort_month"], row["months_since"]): row["retention_rate"] for row in rows}
    sizes = {row["cohort_month"]: row["cohort_customers"] for row in rows}
    cells: list[list[float | None]] = [[found.get((month, since)) for since in range(1, wide)] for month in months]
    known = [value for row in cells for value in row if value is not None]
    made, (ax,) = charts.figure(max(5, len(months)), width=charts.WIDTH * 1.25)
    charts.heat(ax, cells, lambda share: f"{share:.0%}", highest=max(known, default=1.0))
    ax.set_yticks(range(len(months)), [f"{month:%b %Y} ({sizes[month]:,})" for month in months])
    ax.set_xticks(range(wide - 1), [str(since) for since in range(1, wide)])
    ax.set_xlabel("months after the first purchase")
    last = max(row["cohort_month"] for row in rows)
    partial = (
        "" if all(row["is_complete_month"] for row in rows) else " The newest month is not whole, so the last of each row is low."
    )
    next_month = [row for row in rows if row["months_since"] == 1 and row["is_complete_month"]]
    people, again = (sum(row[name] for row in next_month) for name in ("cohort_customers", "active_customers"))
    mean = f" Of all, {percent(again / people)} bought again in the month after their first." if people else ""
    note = f"Customers by the month of their first purchase (how many), up to {last:%b %Y}.{mean}{partial}"
    told = [
        (f"{m:%Y-%m}", sizes[m], *[Figure("" if v is None else percent(v)) for v in row])
        for m, row in zip(months, cells, strict=True)
    ]
    return Section(note, made, ("first bought", "customers", *[f"+{n}" for n in range(1, wide)]), told, wide=True)


def rfm_grid(shop: Shop) -> Section | None:
    """Customers by how lately, and by how often and for how much, they bought, with the names of the segments."""
    rows = shop.ask(RFM)
    if not rows:
        return None
    made, (ax,) = charts.figure(11, width=charts.WIDTH * 1.25)
    counts: dict[tuple[int, int], int] = {}
    names: dict[tuple[int, int], str] = {}
    for row in rows:
        place = (row["recency_score"], row["value_score"])
        counts[place] = counts.get(place, 0) + row["customers"]
        names[place] = row["segment"]
    cells: list[list[float | None]] = [[counts.get((recency, value)) for value in range(1, 6)] for recency in range(5, 0, -1)]
    charts.heat(ax, cells, lambda _: "")
    top = max(counts.values())
    for (recency, value), count in counts.items():
        text = f"{charts.wrap(names[recency, value], 12)}\n{count:,}"
        color = "white" if count > 0.6 * top else charts.INK
        ax.text(value - 1, 5 - recency, text, ha="center", va="center", fontsize=9, color=color)
    ax.set_xticks(range(5), ["1", "2", "3", "4", "5"])
    ax.set_yticks(range(5), ["5", "4", "3", "2", "1"])
    ax.set_xlabel("how often and for how much (5 is most)")
    ax.set_ylabel("how lately (5 is latest)")
    told = _segments(rows, shop)
    best = told[0]
    note = f"{best[0]} are {best[2]} of customers and bring {best[4]} of net revenue. Scores are fifths of the customers."
    return Section(note, made, ("segment", "customers", "share", "net", "share of net"), told, wide=True)


def _segments(rows: list[dict[str, Any]], shop: Shop) -> list[tuple[Any, ...]]:
    """Segments with their customers and money, the richest first."""
    people: dict[str, int] = {}
    money: dict[str, Any] = {}
    for row in rows:
        people[row["segment"]] = people.get(row["segment"], 0) + row["customers"]
        money[row["segment"]] = money.get(row["segment"], 0) + row["net"]
    total, net = sum(people.values()), sum(money.values())
    ordered = sorted(people, key=lambda name: (-money[name], name))
    return [
        (
            name,
            people[name],
            Figure(percent(people[name] / total)),
            Figure(shop.amount(money[name])),
            Figure(percent(float(money[name] / net) if net else None)),
        )
        for name in ordered
    ]


def segments(shop: Shop) -> Section | None:
    """The groups that customers fall into by themselves: their share of customers and of money."""
    rows = shop.ask(SEGMENTS)
    if not rows:
        return None
    names = [row["segment_name"] for row in rows]
    made, (ax,) = charts.figure(2.4 * len(rows) + 1)
    for offset, key, color, label in (
        (-0.19, "customer_share", charts.SKY, "of customers"),
        (0.19, "net_amount_share", charts.BLUE, "of net revenue"),
    ):
        values = [float(row[key] or 0) for row in rows]
        ax.barh([place + offset for place in range(len(rows))], values, height=0.36, color=color, label=label)
        for place, value in enumerate(values):
            ax.text(value + 0.01, place + offset, f"{value:.0%}", va="center", fontsize=10)
    ax.set_yticks(range(len(rows)), [charts.wrap(name, 22) for name in names])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_visible(False)
    ax.spines[["bottom"]].set_visible(False)
    ax.set_xlim(0, max(float(row[key] or 0) for row in rows for key in ("customer_share", "net_amount_share")) * 1.15 or 1)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2, fontsize=10)
    first = rows[0]
    sure = (
        f"; resamples agree by {first['stability']:.2f} (adjusted Rand index, 1 is the same)"
        if first["stability"] is not None
        else ""
    )
    note = f"Found by K-means, named by what sets them apart; silhouette {plain(first['silhouette'])}{sure}."
    told = [
        (
            row["segment_name"],
            row["customers"],
            Figure(plain(row["orders_per_customer"])),
            Figure(shop.amount(row["net_amount_per_order"])),
            Figure(percent(row["net_amount_share"])),
        )
        for row in rows
    ]
    return Section(note, made, ("segment", "customers", "orders each", "per order", "share of net"), told)
