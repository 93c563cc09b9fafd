"""Drift of a column between runs, by the population stability index.

PSI = Σ (now − earlier) · ln(now / earlier) over bins, with shares of all rows (Siddiqi, Credit Risk Scorecards, 2006, who reads
less than 0.1 as no change and more than 0.25 as a significant change). Shares below 1 / 10,000 are raised to it, because an
empty bin has no logarithm. The bins are those of the earlier run: deciles for numbers, the most frequent values for text with
few distinct values, and otherwise only null or not null. Dates move forward by themselves, so they belong to the last group.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from glue_jobs.algorithms.profiling.profile import Bin, ColumnProfile

MIN_SHARE = 1e-4
FEW_VALUES = ("constant", "binary", "low", "medium")
DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def psi(earlier: Sequence[int], now: Sequence[int]) -> float:
    """The index of two counts over the same bins; 0 if either is empty."""
    before, after = sum(earlier), sum(now)
    if not before or not after:
        return 0.0
    shares = [(max(a / before, MIN_SHARE), max(b / after, MIN_SHARE)) for a, b in zip(earlier, now, strict=True)]
    return math.fsum((b - a) * math.log(b / a) for a, b in shares)


def bins_of(column: ColumnProfile, upto: Mapping[float, int]) -> list[Bin]:
    """The bins of a column in this run, for the next run to compare with."""
    if not column.rows:
        return []
    null = Bin("null", column.rows - column.non_null)
    if column.subject.kind == "number" and column.quantiles and column.subject.shown:
        bins, before = [], 0
        for upper in sorted({column.quantiles[share] for share in DECILES}):
            bins.append(Bin("upto", upto[upper] - before, upper=upper))
            before = upto[upper]
        return [*bins, Bin("above", column.non_null - before), null]
    if column.subject.kind in ("text", "flag") and column.cardinality in FEW_VALUES and column.subject.shown:
        named = [Bin("value", rows, value=text) for text, rows in column.top]
        return [*named, Bin("other", column.non_null - sum(bin_.rows for bin_ in named)), null]
    return [Bin("filled", column.non_null), null]


def drift_index(
    earlier: Sequence[Bin], column: ColumnProfile, upto: Mapping[float, int], values: Mapping[str, int]
) -> float | None:
    """The index of the earlier bins against the column in this run; None if there is nothing to compare with."""
    if not earlier or not column.rows:
        return None
    now, before, named = [], 0, 0
    for bin_ in earlier:
        if bin_.kind == "upto" and bin_.upper is not None:
            reached = upto.get(bin_.upper, 0)
            now.append(reached - before)
            before = reached
        elif bin_.kind == "value" and bin_.value is not None:
            now.append(values.get(bin_.value, 0))
            named += now[-1]
        else:
            rest = {"above": column.non_null - before, "other": column.non_null - named, "filled": column.non_null}
            now.append(rest.get(bin_.kind, column.rows - column.non_null))
    return psi([bin_.rows for bin_ in earlier], now)


def encode_bins(bins: Sequence[Bin]) -> dict[str, int]:
    """Bins as rows by name, such as `upto:12.5`, `value:view` or `null`, the format of column_profile."""
    tails = [bin_.value if bin_.upper is None else repr(bin_.upper) for bin_ in bins]
    return {bin_.kind if tail is None else f"{bin_.kind}:{tail}": bin_.rows for bin_, tail in zip(bins, tails, strict=True)}


def decode_bins(written: Mapping[str, int]) -> list[Bin]:
    """Bins from the format of `encode_bins`, in comparison order: ascending edges, then the rest."""
    bins = []
    for name, rows in written.items():
        kind, _, tail = name.partition(":")
        upper = float(tail) if kind == "upto" else None
        bins.append(Bin(kind, rows, value=tail if kind == "value" else None, upper=upper))
    return sorted(bins, key=lambda bin_: (bin_.upper is None, bin_.upper or 0.0, bin_.kind != "value", bin_.kind))
