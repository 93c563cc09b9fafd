"""Sections about sessions: how far they get, and how long they are."""

from __future__ import annotations

from offline.report.rendering import charts
from offline.report.rendering.formatting import percent, plain, short
from offline.report.rendering.page import Figure
from offline.report.sections.base import ReportSource, Section

STEPS = (("reached_view", "viewed a product"), ("reached_cart", "then added to cart"), ("reached_purchase", "then bought"))
LENGTH_GROUPS = 8


def funnel(source: ReportSource) -> Section | None:
    """Sessions that reached each step, in order."""
    row = source.view_row("funnel")
    if not row or not row["reached_view"]:
        return None
    values = [row["sessions"], *[row[step] for step, _ in STEPS]]
    names = ["all sessions", *[name for _, name in STEPS]]
    figure, (ax,) = charts.figure(5)
    shares = dict(zip(values, [value / values[0] for value in values], strict=True))
    charts.bars(ax, names, values, lambda count: f"{short(count)} · {percent(shares[count])}")
    note = (
        f"{percent(row['view_to_cart_rate'])} of the sessions that viewed a product added one to the cart; "
        f"{percent(row['cart_to_purchase_rate'])} of these bought. A session counts once per step, and only in this order."
    )
    note += _event_note(source)
    before = [None, *values[:-1]]
    table = [
        (name, count, Figure(percent(count / values[0])), Figure(percent(count / last if last else None)))
        for name, count, last in zip(names, values, before, strict=True)
    ]
    return Section(note, figure, ("step", "sessions", "of all", "of the step before"), table)


def _event_note(source: ReportSource) -> str:
    """The funnel of all events, in whatever session and order they came."""
    events = source.view_row("activity_totals")
    if not events or events["cart_to_purchase_rate"] is None:
        return ""
    return (
        f" Of all events, whatever the session: {short(events['views'])} views, {short(events['carts'])} additions to a cart, "
        f"{short(events['purchases'])} purchases ({percent(events['view_to_purchase_rate'])} of views)."
    )


def engagement(source: ReportSource) -> Section | None:
    """Sessions by number of events, and the share of each group that ends in a purchase."""
    rows = source.view("session_lengths", order_by=("length_order",))
    totals = source.view_row("session_totals")
    if not rows or not totals:
        return None
    figure, (left, right) = charts.figure(LENGTH_GROUPS, columns=2)
    names = [row["events_per_session"].replace("-", "–") for row in rows]
    charts.bars(left, names, [row["sessions"] for row in rows], short)
    left.set_title("sessions, by number of events", fontsize=10, color=charts.SOFT, loc="left", x=-0.1)
    charts.rate_bars(right, [row["purchase_rate"] for row in rows], title="with a purchase")
    users = totals["users"]
    per_user = f" {totals['sessions_of_known_users'] / users:.1f} sessions per known user." if users else ""
    minutes, seconds = divmod(int(totals["median_duration_seconds"]), 60)
    note = (
        f"{totals['sessions']:,} sessions with {totals['mean_events']:.1f} events on average; half last longer than "
        f"{minutes} min {seconds:02d} s, {percent(totals['single_event_sessions'] / totals['sessions'])} end after one event."
        f"{per_user}"
    )
    table = [
        (name, row["sessions"], Figure(plain(row["mean_duration_seconds"] / 60)), Figure(percent(row["purchase_rate"])))
        for name, row in zip(names, rows, strict=True)
    ]
    return Section(note, figure, ("events", "sessions", "mean minutes", "with a purchase"), table)
