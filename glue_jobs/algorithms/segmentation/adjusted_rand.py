"""How far two groupings of the same things agree."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def adjusted_rand_index(counts: Iterable[tuple[int, int, int]]) -> float:
    """1 for the same groups under any names, 0 on average for chance (Hubert & Arabie 1985).

    `counts` are (group of the one, group of the other, number of things in both), each pair at most once.
    """
    cells = list(counts)
    both = np.array([count for *_, count in cells], dtype=np.float64)
    pairs = _pairs(both).sum()
    one, other = (_pairs(_sums([cell[place] for cell in cells], both)).sum() for place in (0, 1))
    every = float(_pairs(both.sum(keepdims=True)).sum())
    chance = one * other / every if every else 0.0
    most = (one + other) / 2
    return float((pairs - chance) / (most - chance)) if most != chance else 1.0


def _pairs(sizes: Numbers) -> Numbers:
    pairs: Numbers = sizes * (sizes - 1) / 2
    return pairs


def _sums(groups: list[int], counts: Numbers) -> Numbers:
    _, place = np.unique(groups, return_inverse=True)
    sums: Numbers = np.bincount(place, weights=counts).astype(np.float64)
    return sums
