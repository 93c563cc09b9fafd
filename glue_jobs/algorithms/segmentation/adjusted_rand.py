"""How well two groupings of the same items agree."""

from __future__ import annotations

import numpy as np

from glue_jobs.algorithms.segmentation.kmeans import Floats, Ints


def adjusted_rand_index(one: Ints, other: Ints) -> float:
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


def _pairs(sizes: Floats) -> float:
    return float((sizes * (sizes - 1) / 2).sum())
