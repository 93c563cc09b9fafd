"""How far two groupings of the same things agree."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


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


def _pairs(sizes: np.ndarray) -> np.ndarray:
    return sizes * (sizes - 1) / 2


def _sums(groups: list[int], counts: np.ndarray) -> np.ndarray:
    _, place = np.unique(groups, return_inverse=True)
    return np.bincount(place, weights=counts)
