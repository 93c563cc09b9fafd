"""How well two groupings of the same items agree."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]


def adjusted_rand_index(one: Groups, other: Groups) -> float:
    """The adjusted Rand index (Hubert & Arabie 1985): 1 for identical groups, 0 on average for random ones.

    Both have the group of each item. The names of the groups do not matter.
    """
    rows, columns = (np.unique(groups, return_inverse=True)[1] for groups in (one, other))
    both = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(both, (rows, columns), 1)
    together, in_one, in_other, all_pairs = (_pairs(sizes) for sizes in (both, both.sum(axis=1), both.sum(axis=0), both.sum()))
    chance = in_one * in_other / all_pairs if all_pairs else 0.0
    maximum = (in_one + in_other) / 2
    return (together - chance) / (maximum - chance) if maximum != chance else 1.0


def _pairs(sizes: Numbers) -> float:
    return float((sizes * (sizes - 1) / 2).sum())
