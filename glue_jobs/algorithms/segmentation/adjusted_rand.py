"""How well two groupings of the same items agree."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def adjusted_rand_index(counts: Iterable[tuple[int, int, int]]) -> float:
    """The adjusted Rand index (Hubert & Arabie 1985): 1 for identical groups, 0 on average for random ones.

    `counts` are (group in the first grouping, group in the second, number of items in both), each pair at most once.
    The names of the groups do not matter.
    """
    cells = list(counts)
    both = np.array([count for *_, count in cells], dtype=np.float64)
    pairs = _pairs(both).sum()
    one, other = (_pairs(_sums([cell[place] for cell in cells], both)).sum() for place in (0, 1))
    all_pairs = float(_pairs(both.sum(keepdims=True)).sum())
    chance = one * other / all_pairs if all_pairs else 0.0
    maximum = (one + other) / 2
    return float((pairs - chance) / (maximum - chance)) if maximum != chance else 1.0


def _pairs(sizes: Numbers) -> Numbers:
    pairs: Numbers = sizes * (sizes - 1) / 2
    return pairs


def _sums(groups: list[int], counts: Numbers) -> Numbers:
    _, place = np.unique(groups, return_inverse=True)
    sums: Numbers = np.bincount(place, weights=counts).astype(np.float64)
    return sums
