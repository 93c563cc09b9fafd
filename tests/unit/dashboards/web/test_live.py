"""The page Live: the figures of a snapshot, and the sentence when there is no live path."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from contracts.errors import PlatformError
from lambdas.live.metrics import Tally, Window
from lambdas.live.snapshot import Snapshot
from tests.support.components import words
from tests.support.lazy import lazy

live = lazy("dashboards.web.live")

NOW = datetime(2025, 3, 4, 12, 0, 30, tzinfo=UTC)
MUG = Tally(counts={"view": 3, "purchase": 1}, values={"purchase": Decimal("12.50")})


def snapshot() -> Snapshot:
    windows = [
        Window(start=NOW - timedelta(seconds=20), seconds=10, total=MUG, products={"mug": MUG}),
        Window(start=NOW - timedelta(seconds=10), seconds=10, total=Tally(counts={"view": 2, "cart": 1})),
    ]
    warnings = {"clock_ahead": (4, "event e1 is 90 s ahead")}
    return Snapshot(NOW, windows, NOW - timedelta(seconds=2), warnings, ["revenue: 0.00 in one minute"], failed_batches=1)


def test_the_last_minute_is_added_up_and_what_needs_a_look_is_named() -> None:
    # 4 events in one window and 3 in the other: 7 in 60 seconds
    text = words(live.content(snapshot))
    for part in (
        "Last minute until 12:00:30 UTC; last record read: 2 s ago.",
        "Events 7 0.1 per second",
        "Views 5",
        "Carts 1",
        "Purchases 1",
        "Revenue 12.50",
        "Failed batches 1 `shoplake live redrive` sends them again",
        "mug 3 0 12.50",
        "clock_ahead 4 event e1 is 90 s ahead",
        "revenue: 0.00 in one minute",
    ):
        assert part in " ".join(text.split()), part


def test_without_a_live_path_the_page_says_how_to_start_it() -> None:
    def stopped() -> Snapshot:
        raise PlatformError(".lake: the local stack is not running; start it with `shoplake up`.")

    assert "start it with `shoplake up`" in words(live.content(stopped))
    assert "start it with `shoplake up`" in words(live.content(None))
