"""The profile of a table and of its columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from glue_jobs.algorithms.profiling import profile_sql as sql

# The largest numbers of distinct values that count as low and as medium cardinality.
LOW, MEDIUM = 20, 1_000


@dataclass(frozen=True)
class Bin:
    """Rows of one bin: `value` (this text), `upto` (from the previous edge to `upper`), `above`, `other`, `filled` or `null`."""

    kind: str
    rows: int
    value: str | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Subject:
    """A column to profile. Values of a column that is not `shown` (pseudonyms) stay out of the profile."""

    name: str
    type: str
    shown: bool = True
    key: bool = False

    @property
    def kind(self) -> str:
        """number, date, moment, flag, nested or text. A number whose name ends in id is not a quantity, so it is text."""
        kind = sql.kind_of(self.type)
        return "text" if kind == "number" and self.name.lower().endswith("id") else kind


@dataclass
class ColumnProfile:
    """One column: counts in rows, shares from 0 to 1, quantiles and buckets in the column's unit or days since 1970."""

    subject: Subject
    rows: int
    non_null: int = 0
    distinct: int = 0
    once: int = 0
    min_value: str | None = None
    max_value: str | None = None
    mean: float | None = None
    stddev: float | None = None
    zeros: int | None = None
    negatives: int | None = None
    quantiles: dict[float, float] = field(default_factory=dict)
    top: list[tuple[str, int]] = field(default_factory=list)
    histogram: list[tuple[float, float, int]] = field(default_factory=list)
    days_covered: int | None = None
    days_missing: int | None = None
    longest_gap_days: int | None = None
    gap_after: date | None = None
    anomalies: dict[str, int] = field(default_factory=dict)
    bins: list[Bin] = field(default_factory=list)
    psi: float | None = None

    @property
    def completeness(self) -> float | None:
        return self.non_null / self.rows if self.rows else None

    @property
    def uniqueness(self) -> float | None:
        return self.distinct / self.non_null if self.non_null else None

    @property
    def cardinality(self) -> str:
        """empty, constant, unique (several values, none twice), binary, low (up to 20), medium (up to 1,000) or high."""
        if self.distinct < 2:
            return "constant" if self.distinct else "empty"
        if self.distinct == self.non_null:
            return "unique"
        if self.distinct == 2:
            return "binary"
        return "low" if self.distinct <= LOW else "medium" if self.distinct <= MEDIUM else "high"


@dataclass
class TableProfile:
    """A table: its columns, and the number of rows that repeat another row in all columns but the key."""

    rows: int
    repeated: int
    columns: list[ColumnProfile]

    @property
    def completeness(self) -> float | None:
        """The share of cells that are not null."""
        cells = self.rows * len(self.columns)
        return sum(column.non_null for column in self.columns) / cells if cells else None
