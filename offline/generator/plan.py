"""The arguments of a generation, the number of events per day, and the random streams."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from contracts.errors import UsageError

Layout = Literal["shop", "rees46"]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DAY = 86_400
WEEKDAY_WEIGHTS = (0.92, 0.90, 0.93, 0.97, 1.06, 1.22, 1.18)  # Monday first
HOUR_WEIGHTS = (14, 8, 5, 4, 4, 6, 12, 22, 34, 44, 52, 58, 62, 58, 52, 50, 52, 58, 68, 80, 86, 76, 54, 30)
GROWTH = 0.5  # increase of daily traffic from the first to the last day

# One independent random stream per purpose, so that an extra draw in one does not change the others.
STREAMS = ("catalog", "customers", "fraud", "stock", "sessions", "moves", "returns", "corruption", "pilot")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The arguments of one generation. They determine all output."""

    days: int
    users: int
    events_per_day: int
    seed: int
    start: date
    layout: Layout
    bad_rows: bool
    single_file: bool

    def __post_init__(self) -> None:
        for name, least in (("days", 1), ("users", 1), ("events_per_day", 1), ("seed", 0)):
            value = getattr(self, name)
            if value < least:
                raise UsageError(f"generate: {name} is {value}; it must be at least {least}. Use a larger {name}.")
        if self.layout not in ("shop", "rees46"):
            raise UsageError(f"generate: layout {self.layout!r} does not exist; choose shop or rees46.")
        if self.single_file and self.layout != "rees46":
            raise UsageError(
                "generate: single_file needs layout rees46; layout shop writes four file kinds per day. Remove single_file."
            )
        if (date.max - self.start).days < self.days:
            raise UsageError(
                f"generate: {self.days} days from {self.start} end after the year 9999, which dates cannot represent. "
                "Use fewer days or an earlier start."
            )

    def rng(self, stream: str, day: int = 0) -> np.random.Generator:
        """The random generator of one stream and day. It depends only on the seed, not on other draws."""
        return np.random.default_rng([self.seed, STREAMS.index(stream), day])

    def date(self, day: int) -> date:
        return self.start + timedelta(days=day)

    def quotas(self) -> IntArray:
        """Events of the sessions that start on each day: weekly pattern and growth, days * events_per_day in total."""
        day = np.arange(self.days)
        weekday = (self.start.weekday() + day) % 7
        weights = np.array(WEEKDAY_WEIGHTS)[weekday] * (1 + GROWTH * day / self.days)
        # Rounding the running total instead of each day leaves no remainder to distribute.
        running = np.round(np.cumsum(weights) / weights.sum() * self.days * self.events_per_day).astype(np.int64)
        running[-1] = self.days * self.events_per_day
        quotas: IntArray = np.diff(running, prepend=0)
        return quotas

    def arguments(self) -> dict[str, Any]:
        return {**asdict(self), "start": self.start.isoformat()}


def second_of_day(rng: np.random.Generator, count: int) -> IntArray:
    """Start times within a day, in seconds, that follow the daily pattern."""
    share = np.cumsum(np.array(HOUR_WEIGHTS, dtype=np.float64))
    hour = np.searchsorted(share / share[-1], rng.random(count), side="right")
    second: IntArray = np.minimum(hour * 3600 + rng.integers(0, 3600, count), DAY - 1).astype(np.int64)
    return second
