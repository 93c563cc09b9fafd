"""k-means of customers that fit into memory: a sample, its resamples, and random clouds.

The driver holds the points of one sample. Spark would start dozens of jobs for each run, and the runs are many.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2, vq

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ITERATIONS = 50


@dataclass(frozen=True)
class Clusters:
    """`centers` has a row per cluster, `labels` the number of each point's nearest center, `cost` their squared distances."""

    centers: Floats
    labels: Ints
    cost: float


def fit(points: Floats, k: int, random: np.random.Generator, *, starts: int = 1) -> Clusters:
    """The tightest of some k-means runs over `points`, a row per customer; fewer clusters of fewer distinct points."""
    k = min(k, len(np.unique(points, axis=0)))
    return min((nearest(points, _centers(points, k, random)) for _ in range(starts)), key=lambda one: one.cost)


def nearest(points: Floats, centers: Floats) -> Clusters:
    """The clusters around centers that are known."""
    labels, distances = vq(points, centers, check_finite=False)
    return Clusters(centers, labels.astype(np.int64), float((distances**2).sum()))


def _centers(points: Floats, k: int, random: np.random.Generator) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a cluster may become empty; its center stays
        centers, _ = kmeans2(points, k, iter=ITERATIONS, minit="++", seed=random)
    return np.asarray(centers, dtype=np.float64)
