"""Drift of a column from run to run, by the population stability index.

PSI = Σ (now − then) · ln(now / then) over bins, with shares of all rows (Siddiqi, Credit Risk Scorecards, 2006, who reads
less than 0.1 as no change, more than 0.25 as a change that matters). A share below 1 / 10,000 counts as that, since a bin that
was empty has no logarithm. The bins are those of the earlier run: deciles of numbers, the most frequent values of text with few
different ones, and of everything else only whether there is a value. Dates move on by themselves, so they count among the latter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from glue_jobs.algorithms.profiling.profile import Bin, ColumnProfile

LEAST = 1e-4
NAMED = ("constant", "binary", "low", "medium")
DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def psi(then: Sequence[int], now: Sequence[int]) -> float:
    """The index of two counts over the same bins; 0 where either has no rows at all."""
    before, after = sum(then), sum(now)
    if not before or not after:
        return 0.0
    shares = [(max(a / before, LEAST), max(b / after, LEAST)) for a, b in zip(then, now, strict=True)]
    return math.fsum((b - a) * math.log(b / a) for a, b in shares)


def bins_of(column: ColumnProfile, upto: Mapping[float, int]) -> list[Bin]:
    """The bins of a column as it is now, for the next run to compare with."""
    if not column.rows:
        return []
    null = Bin("null", column.rows - column.non_null)
    if column.subject.kind == "number" and column.quantiles and column.subject.shown:
        bins, before = [], 0
        for upper in sorted({column.quantiles[share] for share in DECILES}):
            bins.append(Bin("upto", upto[upper] - before, upper=upper))
            before = upto[upper]
        return [*bins, Bin("above", column.non_null - before), null]
    if column.subject.kind in ("text", "flag") and column.cardinality in NAMED and column.subject.shown:
        named = [Bin("value", rows, value=text) for text, rows in column.top]
        return [*named, Bin("other", column.non_null - sum(one.rows for one in named)), null]
    return [Bin("filled", column.non_null), null]


def compared(earlier: Sequence[Bin], column: ColumnProfile, upto: Mapping[float, int], values: Mapping[str, int]) -> float | None:
    """The index of the earlier bins against the column as it is now; None where there is nothing to compare with."""
    if not earlier or not column.rows:
        return None
    now, before, named = [], 0, 0
    for one in earlier:
        if one.kind == "upto" and one.upper is not None:
            reached = upto.get(one.upper, 0)
            now.append(reached - before)
            before = reached
        elif one.kind == "value" and one.value is not None:
            now.append(values.get(one.value, 0))
            named += now[-1]
        else:
            rest = {"above": column.non_null - before, "other": column.non_null - named, "filled": column.non_null}
            now.append(rest.get(one.kind, column.rows - column.non_null))
    return psi([one.rows for one in earlier], now)


def written_bins(bins: Sequence[Bin]) -> dict[str, int]:
    """Bins as rows by name, such as `upto:12.5`, `value:view` or `null`, as column_profile keeps them."""
    tails = [one.value if one.upper is None else repr(one.upper) for one in bins]
    return {one.kind if tail is None else f"{one.kind}:{tail}": one.rows for one, tail in zip(bins, tails, strict=True)}


def read_bins(written: Mapping[str, int]) -> list[Bin]:
    """Bins as `written_bins` wrote them, in the order in which they are compared: edges upwards, the rest after them."""
    bins = []
    for name, rows in written.items():
        kind, _, tail = name.partition(":")
        upper = float(tail) if kind == "upto" else None
        bins.append(Bin(kind, rows, value=tail if kind == "value" else None, upper=upper))
    return sorted(bins, key=lambda one: (one.upper is None, one.upper or 0.0, one.kind != "value", one.kind))
