"""The live windows as a terminal shows them."""

from __future__ import annotations

from rich.console import Group, RenderableType

from lambdas.live.metrics import tally_sum, top_products
from lambdas.live.snapshot import SHOWN, WINDOW_SECONDS, Snapshot
from offline.console import render

PRODUCTS, WARNINGS = 5, 5


def screen(shown: Snapshot) -> RenderableType:
    """The last minute: numbers, top products, and what needs a look."""
    total = tally_sum(window.total for window in shown.windows)
    counts, newest = total.counts, shown.windows[-1] if shown.windows else None
    facts = [
        ("last minute until (UTC)", shown.at.strftime("%H:%M:%S")),
        ("events", f"{total.events:,}"),
        ("events per second", f"{total.events / SHOWN.total_seconds():,.1f}"),
        *[(name, f"{counts.get(kind, 0):,}") for name, kind in (("views", "view"), ("carts", "cart"), ("purchases", "purchase"))],
        ("revenue", render.money(total.revenue)),
        (f"active users, last {WINDOW_SECONDS} s", str(newest.active_users) if newest else "0"),
        ("late events", f"{sum(window.late.events for window in shown.windows):,}"),
        ("repeated events left out", f"{sum(window.duplicates for window in shown.windows):,}"),
        ("last record read", _age(shown)),
        ("failed batches", f"{shown.failed_batches or 0:,}" + (" (shoplake live redrive)" if shown.failed_batches else "")),
    ]
    parts: list[RenderableType] = [render.facts(facts)]
    products = [
        (product, tally.counts.get("view", 0), tally.counts.get("cart", 0), render.money(tally.revenue))
        for product, tally in top_products(shown.windows, limit=PRODUCTS)
    ]
    if products:
        parts += ["", render.table(("top products", "views", "carts", "revenue"), products, right=[1, 2, 3])]
    if shown.warnings:
        rows = [(code, count, sample) for code, (count, sample) in list(shown.warnings.items())[:WARNINGS]]
        parts += ["", render.table(("warnings of today", "events", "example"), rows, right=[1])]
    if shown.alerts:
        parts += ["", render.table(("alerts of today",), [(text,) for text in shown.alerts[-WARNINGS:]])]
    return Group(*parts)


def _age(shown: Snapshot) -> str:
    if shown.last_arrival is None:
        return "none yet"
    return f"{max((shown.at - shown.last_arrival).total_seconds(), 0):,.0f} s ago"
