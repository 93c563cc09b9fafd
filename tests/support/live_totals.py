"""Purchases for the live function, and what it must have counted of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from lambdas.live import keys, metrics
from tests.support.live import TEN, line, record


def totals(table):
    """Distinct events and revenue as the live view shows them, and the customer's counts."""
    day = timedelta(days=5)
    total, late, ahead = metrics.total(metrics.read(table, seconds=10, since=TEN - day, until=TEN + day))
    item = table.get(keys.customer("u"), "live")
    return (total.events + late.events + ahead.events, total.revenue, item and (item["purchases"], item["spent"]))


def purchases(*numbers, sequence, **fields):
    return record(sequence, *[line(number, "purchase", user_id="u", price="1.5", **fields) for number in numbers])


def expected(count):
    return (count, Decimal("1.5") * count, (count, 15_000 * count))
