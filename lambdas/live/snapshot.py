"""The live table as people see it: the windows of the last minute, and the health of the path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lambdas.common.table import Table
from lambdas.live import health
from lambdas.live.metrics import Window, read

WINDOW_SECONDS = 10
# Events reach their window with a delay of seconds, so the newest windows are not full yet.
SHOWN = timedelta(minutes=1)


@dataclass(frozen=True)
class Snapshot:
    """What is known at one moment: the windows of the last minute, and the health of the path.

    `failed_batches` is None for a reader that may not count them.
    """

    at: datetime
    windows: Sequence[Window]
    last_arrival: datetime | None
    warnings: dict[str, tuple[int, str]]
    alerts: Sequence[str]
    failed_batches: int | None


def snapshot(table: Table, *, now: datetime, failed_batches: int | None) -> Snapshot:
    """Read the live table once."""
    windows = read(table, seconds=WINDOW_SECONDS, since=now - SHOWN, until=now + timedelta(seconds=WINDOW_SECONDS))
    today = now.date()
    alerts = [str(alert["text"]) for alert in health.alerts(table, today)]
    return Snapshot(now, windows, health.last_arrival(table), health.warnings(table, today), alerts, failed_batches)
