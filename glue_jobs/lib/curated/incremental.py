"""Rows of an incremental mart for the periods that changes in its input can touch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contracts import Contract, load
from glue_jobs.lib.lake.context import Lake


@dataclass(frozen=True)
class Part:
    """Some periods of a mart, or all of them (None), and their rows."""

    periods: Sequence[str] | None
    rows: DataFrame


@dataclass(frozen=True)
class SpanningMart:
    """A mart with an end column, such as sessions, after its input `reads` changed in the periods `changed`.

    A row can depend on a changed period if the row reaches into it, ends or starts within the gap of it, or has the key of an
    input row there. The periods of those rows are written again. Their other rows are kept as they are: recomputed, they
    could lack what a conform that runs now has already moved to a period that this run does not write.
    """

    lake: Lake
    source: str
    contract: Contract
    reads: str
    changed: frozenset[str]

    def part(self, select: Callable[[Sequence[str]], DataFrame]) -> Part:
        """`select` returns the rows of the mart's SELECT over these periods of its input."""
        written, read = self._periods()
        computed = select(read).where(F.col("period").isin(written))
        others = sorted(set(written) - self.changed)
        if not others:
            return Part(written, computed)
        kept = self.lake.read(self.contract.name, source=self.source, periods=others).where(~self._touching)
        kept = kept.join(self._changed_keys, self._key, "left_anti").select(*self.contract.names)
        return Part(written, kept.union(computed.join(kept.select(*self._key), self._key, "left_anti").select(*kept.columns)))

    def _periods(self) -> tuple[list[str], list[str]]:
        """The periods to write, and those to read: rows of the former may reach into more of them."""
        rows = self.lake.read(self.contract.name, source=self.source)
        rows = rows.join(self._changed_keys.withColumn("_changed", F.lit(True)), self._key, "left")
        affected = F.max(self._touching | F.coalesce("_changed", F.lit(False))).alias("affected")
        bounds = self.lake.period(self._start).alias("first"), self.lake.period(self._end).alias("last")
        spans = rows.groupBy(*bounds).agg(affected).collect()
        folders = self.lake.storage.folders(f"{self.lake.location(load(self.reads))}/source={self.source}")
        known = {folder.removeprefix("period=") for folder in folders} | {span.first for span in spans}
        written = self.changed | _covered(known, [(span.first, span.last) for span in spans if span.affected])
        overlapping = [(span.first, span.last) for span in spans if any(span.first <= name <= span.last for name in written)]
        return sorted(written), sorted(written | _covered(known, overlapping))

    @property
    def _key(self) -> list[str]:
        return list(self.contract.key)

    @property
    def _start(self) -> Column:
        return F.col(self.contract.time_column or "")

    @property
    def _end(self) -> Column:
        return F.col(self.contract.end_column or "")

    @cached_property
    def _changed_keys(self) -> DataFrame:
        rows = self.lake.read(self.reads, source=self.source, periods=sorted(self.changed))
        return rows.select(*self._key).dropna().distinct()

    @property
    def _touching(self) -> Column:
        """Whether a row reaches into a changed period, or comes within the gap of one."""
        gap = F.expr(f"interval {self.contract.gap_minutes} minutes")
        first, last = self.lake.period(self._start - gap), self.lake.period(self._end + gap)
        names = F.array(*[F.lit(name) for name in sorted(self.changed)])
        return F.exists(names, lambda name: name.between(first, last))


def _covered(names: Iterable[str], spans: Sequence[tuple[str, str]]) -> frozenset[str]:
    """The names that lie in one of the spans, ends included."""
    single = {first for first, last in spans if first == last}
    wide = [span for span in spans if span[0] != span[1]]
    return frozenset(name for name in names if name in single or any(first <= name <= last for first, last in wide))
