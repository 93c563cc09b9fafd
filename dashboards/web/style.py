"""Colors and number formats of the charts, for light and dark mode. Text has a contrast of at least 4.5 : 1 (WCAG AA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from offline.report.rendering import formatting

# What a figure is decides how it is written; the names of columns follow the contracts.
MONEY_ENDINGS = ("_amount", "_value", "_value_90", "_price", "order_value")
SHARE_ENDINGS = (
    "_rate",
    "_share",
    "share_of_sessions",
    "completeness",
    "confidence",
    "probability_alive",
    "churn_probability",
    "hit_rate_10",
    "coverage",
)

WORDS = {
    "net_amount": "Net revenue",
    "net_share": "Share of net revenue",
    "predicted_value_90": "Predicted revenue",
    "recommendation_rank": "Place",
    "expected_value_90": "Predicted revenue, 90 days",
    "probability_alive": "Likely to buy again",
    "churn_probability": "Likely to leave",
    "unusual_rank": "Place",
    "demand_mean": "Sold per day",
    "hit_rate_10": "Right at least once in ten",
}


@dataclass(frozen=True)
class Style:
    """How figures of one source look. Colors are distinct for color-blind readers (Okabe & Ito 2008), lighter in the dark."""

    dark: bool = False
    currency: str | None = None

    @property
    def ink(self) -> str:
        return "#e6e9ee" if self.dark else "#1b2330"

    @property
    def soft(self) -> str:
        return "#aab4c2" if self.dark else "#55606e"

    @property
    def line(self) -> str:
        return "#3a4250" if self.dark else "#dde2e8"

    @property
    def main(self) -> str:
        return "#56b4e9" if self.dark else "#0072b2"

    @property
    def second(self) -> str:
        return "#f0a04b" if self.dark else "#d55e00"

    @property
    def scale(self) -> list[list[Any]]:
        """From low to high, for grids."""
        low, high = ("#1f2733", "#56b4e9") if self.dark else ("#eef4fa", "#0072b2")
        return [[0, low], [1, high]]

    def text(self, column: str, value: Any, *, short: bool = False) -> str:
        """A value as text, by its column."""
        if value is None:
            return "–"
        if column.endswith(MONEY_ENDINGS):
            return formatting.short_money(value, self.currency) if short else formatting.money(value, self.currency)
        if column.endswith(SHARE_ENDINGS):
            return formatting.percent(float(value))
        if short and isinstance(value, int | float):
            return formatting.short(float(value)) if abs(value) >= 10_000 else formatting.plain(value)
        return formatting.plain(value)

    def tile(self, column: str, value: Any) -> str:
        """A value as large text: amounts without cents from 1,000 on."""
        if value is not None and column.endswith(MONEY_ENDINGS) and abs(value) >= 1000:
            return formatting.money(round(value), self.currency).replace(".00", "")
        return self.text(column, value)


def heading(column: str) -> str:
    """A column's name as people write it."""
    return WORDS.get(column) or column.removeprefix("is_").replace("_", " ").capitalize().replace("Rfm", "RFM")
