"""Reads what an operator wants to know of the live path: iterator age, warnings, unreadable records and alerts."""

from __future__ import annotations

from datetime import UTC, date, datetime

from lambdas.common.table import Item, Table
from lambdas.live import keys
from lambdas.live.metrics import shards


def last_arrival(table: Table) -> datetime | None:
    """When the most recent counted record reached the stream; the iterator age follows from it."""
    arrivals = [state["arrival"] for state in shards(table)]
    return datetime.fromtimestamp(max(arrivals) / 1000, UTC) if arrivals else None


def warnings(table: Table, day: date) -> dict[str, tuple[int, str]]:
    """Ingestion warnings of a UTC day: count and a sample without personal data, by code."""
    found: dict[str, tuple[int, str]] = {}
    for item in table.query(keys.warnings(day.isoformat())):
        for name, value in item.items():
            if name.startswith("n#"):
                code = name.removeprefix("n#")
                count, sample = found.get(code, (0, item[f"sample#{code}"]))
                found[code] = (count + value, sample)
    unreadable = list(table.query(keys.poison(day.isoformat())))
    if unreadable:
        found["unreadable"] = (len(unreadable), f"{unreadable[0]['reason']}, {unreadable[0]['bytes']} bytes")
    return dict(sorted(found.items()))


def unreadable_records(table: Table, day: date) -> list[Item]:
    """Records of a UTC day that could not be read: `reason`, `bytes` and `arrival`; their bytes are in the on-failure object."""
    return list(table.query(keys.poison(day.isoformat())))


def alerts(table: Table, day: date) -> list[Item]:
    """Alerts of a UTC day, oldest first: `code`, `subject`, `text` and `at` (epoch seconds)."""
    return list(table.query(keys.alerts(day.isoformat())))
