"""Inputs of the detectors: derived from a row of a table of features, with the direction that is suspicious and words for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

HIGH, LOW, BOTH, RARE = "high", "low", "both", "rare"
Value = Callable[[pd.DataFrame], pd.Series]
# Detectors are fitted to and judged on the latest rows, at most so many: more change nothing but the time it takes.
MOST_ROWS = 200_000


@dataclass(frozen=True)
class Feature:
    """One input. `direction` says which values are suspicious: large, small, both, or seldom seen."""

    name: str
    direction: str
    value: Value
    words: str


@dataclass(frozen=True, kw_only=True)
class Grain:
    """What may be unusual: rows of `table`, by their columns `numbers`. `time` is when one happened, `owner` whose it is.

    A `snapshot` table has rows of several days, of which only the newest counts, and there only who was active shortly before.
    """

    name: str
    table: str
    time: str
    owner: str
    numbers: tuple[str, ...]
    features: tuple[Feature, ...]
    snapshot: bool = False

    @property
    def key(self) -> str:
        return f"{self.name}_id"

    @property
    def row_key(self) -> tuple[str, ...]:
        """The key of the table of features."""
        return (self.time, self.key) if self.snapshot else (self.key,)

    @property
    def plural(self) -> str:
        return f"{self.name}s"

    def matrix(self, rows: pd.DataFrame) -> pd.DataFrame:
        """One column per feature; unknown values, such as the time since the last order of a new buyer, are NaN."""
        numbers = rows[list(self.numbers)].astype("float64")
        return pd.DataFrame({feature.name: feature.value(numbers) for feature in self.features}, index=rows.index)

    def judged(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows that may be unusual today."""
        if not self.snapshot or rows.empty:
            return rows
        is_newest = rows[self.time] == rows[self.time].max()
        return rows[is_newest & (rows["recency_days"] < ACTIVE_DAYS)].reset_index(drop=True)

    def latest(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows that detectors are fitted to: of those that may be unusual, the newest."""
        judged = self.judged(rows)
        if len(judged) <= MOST_ROWS:
            return judged
        return judged.sort_values([self.time, self.key]).tail(MOST_ROWS).reset_index(drop=True)


# Customers who bought nothing in the days before a snapshot did nothing that could be unusual.
ACTIVE_DAYS = 30


def log(column: str) -> Value:
    return lambda rows: np.log1p(rows[column].clip(lower=0))


def plain(column: str) -> Value:
    return lambda rows: rows[column]
