"""What k-means finds where there is nothing to find: the silhouettes of random clouds.

k-means splits any cloud, and its silhouette is never 0. Segments mean something if theirs is above those of random clouds: a
normal distribution with the customers' means and covariances, and one for each of customers with one order and customers with
more. The driver computes this on a sample of at most MAX_POINTS customers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glue_jobs.algorithms.segmentation.kmeans import Floats, Ints, fit

# By chance, one silhouette in 20 is above all of 19 draws.
DRAWS = 19
MAX_POINTS = 5_000
GROUPS, FREQUENT_AND_RARE, ONE_CLOUD = "groups", "frequent_and_rare", "one_cloud"


@dataclass(frozen=True)
class NullClouds:
    """The highest silhouette among draws of one cloud, and of two: customers with one order, and customers with more."""

    one_cloud: float
    frequent_and_rare: float

    def finding(self, silhouette: float) -> str:
        """What a silhouette of as many segments shows."""
        if silhouette <= self.one_cloud:
            return ONE_CLOUD
        return FREQUENT_AND_RARE if silhouette <= self.frequent_and_rare else GROUPS


def null_clouds(points: Floats, returned: Sequence[bool], *, k: int, seed: int) -> NullClouds:
    """`points` has a row per customer, and `returned` says who ordered more than once."""
    random = np.random.default_rng(seed)
    chosen = random.permutation(len(points))[:MAX_POINTS]
    sample, strata = points[chosen], np.asarray(returned, dtype=np.bool_)[chosen]

    def highest(draw: Callable[[], Floats]) -> float:
        clouds = [draw() for _ in range(DRAWS)]
        return max(squared_silhouette(cloud, fit(cloud, k, random).labels) for cloud in clouds)

    one = highest(lambda: _cloud(sample, random))
    return NullClouds(one, max(one, highest(lambda: _clouds(sample, strata, random))))


def squared_silhouette(points: Floats, labels: Ints) -> float:
    """Mean silhouette with squared distances, from the clusters' means and variances; 0 for a point alone in its cluster."""
    used, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(used) < 2:
        return 0.0
    centers = np.array([points[place == cluster].mean(axis=0) for cluster in range(len(used))])
    apart = ((points[:, None, :] - centers[None]) ** 2).sum(axis=2)
    rows = np.arange(len(points))
    own_square = apart[rows, place]
    spread = np.array([own_square[place == cluster].mean() for cluster in range(len(used))])
    distances = apart + spread
    own = distances[rows, place] * counts[place] / np.maximum(counts[place] - 1, 1)
    distances[rows, place] = np.inf
    nearest = distances.min(axis=1)
    each = np.where(counts[place] > 1, (nearest - own) / np.maximum(np.maximum(nearest, own), np.finfo(float).tiny), 0.0)
    return float(each.mean())


def _clouds(points: Floats, strata: NDArray[np.bool_], random: np.random.Generator) -> Floats:
    """A cloud for each of the two groups of customers."""
    drawn = np.empty_like(points)
    for group in (strata, ~strata):
        if group.any():
            drawn[group] = _cloud(points[group], random)
    return drawn


def _cloud(points: Floats, random: np.random.Generator) -> Floats:
    """Normal random points with the means and covariances of these points."""
    if len(points) < 2:
        return points
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(points, rowvar=False)))
    roots = vectors * np.sqrt(np.maximum(values, 0.0))
    drawn: Floats = random.normal(size=points.shape) @ roots.T + points.mean(axis=0)
    return drawn
