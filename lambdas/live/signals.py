"""What is unusual: robust z-scores of minutes, customers that act too fast, products that run out while in demand. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.live.metrics import Tally, Window

# About one false alarm in a million minutes if the minutes were normally distributed.
Z_LIMIT = 5.0
# The median absolute deviation of a normal distribution is its standard deviation divided by this.
MAD_TO_SIGMA = 1.4826
HISTORY_MINUTES = 60
MIN_HISTORY = 20
EVENTS_PER_MINUTE = 300
CHECKOUTS_WITHOUT_PURCHASE = 5
REFUNDS_PER_MINUTE = 3
# Views and carts of a product in ten minutes.
DEMAND = 20
DEMAND_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Something that somebody should look at. `subject` is what it is about; one alert per code and subject is sent at a time."""

    code: str
    subject: str
    text: str


def robust_z(value: float, history: Sequence[float], *, floor: float) -> float:
    """Distance from the median in robust standard deviations; `floor` is the least deviation that counts as usual."""
    middle = statistics.median(history)
    deviation = statistics.median(abs(one - middle) for one in history) * MAD_TO_SIGMA
    return (value - middle) / max(deviation, floor)


def of_minute(windows: Sequence[Window], *, first: int, minute: int) -> list[Signal]:
    """Compares a minute (epoch seconds) with the hour before. Minutes without events count as zero, from `first` on."""
    by_start = {int(window.start.timestamp()): window for window in windows}
    begin = max(first, minute - HISTORY_MINUTES * 60)
    before = [by_start.get(start) for start in range(begin, minute, 60)]
    if len(before) < MIN_HISTORY:
        return []
    signals = []
    for code, both_ways in (("revenue", True), ("errors", False), ("funnel", True)):
        history = [_measure(code, window) for window in before]
        known = [value for value in history if value is not None]
        value = _measure(code, by_start.get(minute))
        if value is None or len(known) < MIN_HISTORY:
            continue
        z = robust_z(value, known, floor=_floor(code, known))
        if z >= Z_LIMIT or (both_ways and z <= -Z_LIMIT):
            usual = statistics.median(known)
            text = f"{code}: {value:,.2f} in one minute, {usual:,.2f} usually (robust z {z:+.1f})."
            signals.append(Signal(code=code, subject="all", text=text))
    return signals


def _measure(code: str, window: Window | None) -> float | None:
    """Revenue, number of warnings, or purchases per view; the latter is unknown without views."""
    if code == "revenue":
        return float(window.total.revenue) if window else 0.0
    if code == "errors":
        return float(window.warnings) if window else 0.0
    total = window.total if window else Tally()
    views = total.counts.get("view", 0)
    return (total.counts.get("purchase", 0) + total.counts.get("order", 0)) / views if views else None


def _floor(code: str, history: Sequence[float]) -> float:
    """Quiet minutes have no spread: a tenth of the usual value, or what one event more would make, is not unusual."""
    usual = abs(statistics.median(history))
    floors = {"revenue": usual * 0.1, "errors": max(1.0, math.sqrt(usual)), "funnel": max(0.01, usual * 0.1)}
    return max(floors[code], 1e-9)


def of_customers(customers: Mapping[str, Mapping[str, Any]]) -> list[Signal]:
    """Customers that act too fast. Their ids are pseudonyms."""
    signals = []
    for user, features in customers.items():
        minute = features["minute"]
        if minute["events"] >= EVENTS_PER_MINUTE:
            signals.append(_velocity("velocity_events", user, f"{minute['events']} events within a minute"))
        if features["checkouts"] >= CHECKOUTS_WITHOUT_PURCHASE:
            signals.append(_velocity("velocity_failed_purchases", user, f"{features['checkouts']} checkouts without a purchase"))
        if minute["refunds"] >= REFUNDS_PER_MINUTE:
            signals.append(_velocity("velocity_refunds", user, f"{minute['refunds']} refunds within a minute"))
    return signals


def _velocity(code: str, user: str, what: str) -> Signal:
    return Signal(code=code, subject=user, text=f"customer {user}: {what}.")


def of_stock(products: Iterable[str], windows: Sequence[Window]) -> list[Signal]:
    """Products that ran out of stock, of which there is demand in the windows."""
    signals = []
    for product in dict.fromkeys(products):
        tallies = [window.products[product] for window in windows if product in window.products]
        demand = sum(tally.counts.get(kind, 0) for tally in tallies for kind in ("view", "cart"))
        if demand >= DEMAND:
            text = f"product {product}: out of stock, with {demand} views and carts in the last {DEMAND_SECONDS // 60} minutes."
            signals.append(Signal(code="stock_out", subject=product, text=text))
    return signals
