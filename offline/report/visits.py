"""Sections about visits: what they hold, and how far they get."""

from __future__ import annotations

from offline.report import charts
from offline.report.numbers import percent, plain, short
from offline.report.page import Figure
from offline.report.section import Section, Shop

FUNNEL = """
select sum(sessions) as sessions, sum(reached_view) as reached_view, sum(reached_cart) as reached_cart,
       sum(reached_purchase) as reached_purchase
from funnel_daily where source = {source}
"""
LENGTHS = """
select case when events >= 20 then 9 when events >= 10 then 8 when events >= 7 then 7 when events >= 5 then 6 else events end
         as bucket,
       count(*) as sessions, count_if(has_purchase) as buying, avg(duration_seconds) as seconds
from fct_sessions where source = {source} group by 1 order by 1
"""
VISITS = """
select count(*) as sessions, count(user_id) as of_users, count(distinct user_id) as users, avg(events) as events,
       approx_percentile(duration_seconds, 0.5) as seconds, count_if(events = 1) as single
from fct_sessions where source = {source}
"""
BUCKETS = {1: "1", 2: "2", 3: "3", 4: "4", 6: "5–6", 7: "7–9", 8: "10–19", 9: "20+"}
STEPS = (("reached_view", "viewed a product"), ("reached_cart", "then put one in the cart"), ("reached_purchase", "then bought"))


def funnel(shop: Shop) -> Section | None:
    """Sessions that got to each step, in this order."""
    row = shop.ask(FUNNEL)[0]
    if not row["reached_view"]:
        return None
    values = [row["sessions"], *[row[step] for step, _ in STEPS]]
    names = ["all sessions", *[name for _, name in STEPS]]
    made, (ax,) = charts.figure(5)
    shares = dict(zip(values, [value / values[0] for value in values], strict=True))
    charts.bars(ax, names, values, lambda count: f"{short(count)} · {percent(shares[count])}")
    note = (
        f"{percent(row['reached_cart'] / row['reached_view'])} of those that viewed put something in the cart, "
        f"{percent(row['reached_purchase'] / row['reached_cart'] if row['reached_cart'] else None)} of these bought. "
        "A session counts once per step, and only in this order."
    )
    before = [None, *values[:-1]]
    told = [
        (name, count, Figure(percent(count / values[0])), Figure(percent(count / last if last else None)))
        for name, count, last in zip(names, values, before, strict=True)
    ]
    return Section(note, made, ("step", "sessions", "of all", "of the step before"), told)


def engagement(shop: Shop) -> Section | None:
    """Sessions by how many events they have, and how often each kind ends in a purchase."""
    rows = shop.ask(LENGTHS)
    if not rows:
        return None
    made, (left, right) = charts.figure(len(BUCKETS), columns=2)
    found = {row["bucket"]: row for row in rows}
    kept = [bucket for bucket in BUCKETS if bucket in found]
    names = [BUCKETS[bucket] for bucket in kept]
    charts.bars(left, names, [found[bucket]["sessions"] for bucket in kept], short)
    left.set_title("sessions, by number of events", fontsize=10, color=charts.SOFT, loc="left", x=-0.1)
    rates = [found[bucket]["buying"] / found[bucket]["sessions"] for bucket in kept]
    charts.bars(right, [""] * len(kept), rates, lambda share: f"{share:.1%}", color=charts.ORANGE)
    right.set_title("of these, with a purchase", fontsize=10, color=charts.SOFT, loc="left")
    all_ = shop.ask(VISITS)[0]
    each = f"{all_['of_users'] / all_['users']:.1f} sessions per known user. " if all_["users"] else ""
    minutes, seconds = divmod(int(all_["seconds"]), 60)
    note = (
        f"{all_['sessions']:,} sessions of {all_['events']:.1f} events; half last longer than {minutes} min {seconds:02d} s, "
        f"{percent(all_['single'] / all_['sessions'])} end after one event. {each}"
    )
    told = [
        (
            BUCKETS[bucket],
            found[bucket]["sessions"],
            Figure(plain(found[bucket]["seconds"] / 60)),
            Figure(percent(found[bucket]["buying"] / found[bucket]["sessions"])),
        )
        for bucket in kept
    ]
    return Section(note.strip(), made, ("events", "sessions", "mean minutes", "with a purchase"), told)
