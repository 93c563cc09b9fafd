"""Numbers as text for people."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

STEPS = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))
# Other currencies are written as ISO 4217 codes.
SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


def plain(value: Any) -> str:
    """Thousands separators; four significant digits for fractions; a dash for null."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e4 or value == int(value) else f"{value:,.4g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def percent(share: float | None) -> str:
    """A share with one decimal; with three where one would round it to 0.0% or 100.0%."""
    if share is None:
        return "–"
    text = f"{share:.1%}"
    return f"{share:.3%}" if (text == "0.0%" and share) or (text == "100.0%" and share != 1) else text


def signed_percent(change: float) -> str:
    """A change with its sign: +12%, −3%; a change of more than the tenfold has no use for percents."""
    if change >= 9:
        return f"× {change + 1:,.0f}"
    text = f"{abs(change):.0%}"
    return text if text == "0%" else f"{'+' if change > 0 else '−'}{text}"


def short(value: float, *, zeros: bool = True) -> str:
    """Three significant digits for labels: 1.20 m, 340 k, 12; axes leave out trailing `zeros`."""
    for size, name in STEPS:
        if abs(value) >= size:
            return f"{_three(value / size, zeros=zeros)} {name}"
    return _three(value)


def money(value: Any, currency: str | None) -> str:
    """An amount with two decimals and its currency, if known."""
    if value is None:
        return "–"
    return _signed(f"{abs(value):,.2f}", currency, negative=value < 0)


def short_money(value: float, currency: str | None, *, zeros: bool = True) -> str:
    """A short amount for labels and axes; see `short`."""
    return _signed(short(abs(float(value)), zeros=zeros), currency, negative=value < 0)


def _signed(text: str, currency: str | None, *, negative: bool) -> str:
    sign = SIGNS.get(currency or "")
    amount = f"{sign}{text}" if sign else f"{text} {currency}" if currency else text
    return f"−{amount}" if negative else amount


def _three(value: float, *, zeros: bool = False) -> str:
    text = (f"{value:#.3g}" if zeros else f"{value:.3g}").rstrip(".")
    return f"{float(text):,.0f}" if "e" in text else text
