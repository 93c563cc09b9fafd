"""Amounts and shares as the report writes them."""

from __future__ import annotations

import pytest

from offline.report.rendering import formatting


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        (1234567, "EUR", "€1.23 m"),
        (-950, "USD", "−$950"),
        (53_300, None, "53.3 k"),
        (999.6, "SEK", "1,000 SEK"),
        (0, "GBP", "£0"),
    ],
)
def test_amounts_are_short_and_have_their_currency(value: float, currency: str | None, expected: str) -> None:
    assert formatting.short_money(value, currency) == expected


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, "50.0%"), (0.00004, "0.004%"), (0.99996, "99.996%"), (0, "0.0%"), (1, "100.0%"), (None, "–")]
)
def test_a_share_is_not_rounded_to_all_or_nothing(share: float | None, expected: str) -> None:
    assert formatting.percent(share) == expected
