"""Silhouettes of customers with and without groups, against scikit-learn's and planted clouds."""

from __future__ import annotations

import numpy as np
import pytest

from glue_jobs.algorithms.segmentation.null_clouds import NullClouds, null_clouds, squared_silhouette

RANDOM = np.random.default_rng(20250301)


def blobs(*centers: tuple[float, float], size: int = 150) -> np.ndarray:
    return np.concatenate([RANDOM.normal(center, 1.0, size=(size, 2)) for center in centers])


def finding(points: np.ndarray, returned: list[bool], k: int) -> str:
    """What the silhouette of scikit-learn's best k-means shows."""
    from sklearn.cluster import KMeans

    labels = KMeans(k, n_init=10, random_state=0).fit(points).labels_
    return null_clouds(points, returned, k=k, seed=7).finding(squared_silhouette(points, labels))


def test_the_silhouette_is_that_of_scikit_learn():
    from sklearn.metrics import silhouette_score

    points, labels = blobs((0, 0), (3, 1)), RANDOM.integers(0, 3, 300)
    expected = silhouette_score(points, labels, metric="sqeuclidean")
    assert squared_silhouette(points, labels) == pytest.approx(expected, abs=1e-12)
    # AND a point alone in its cluster counts 0, as it does there
    labels[:] = labels % 2
    labels[0] = 2
    assert squared_silhouette(points, labels) == pytest.approx(silhouette_score(points, labels, metric="sqeuclidean"), abs=1e-12)
    assert squared_silhouette(points, np.zeros(300, dtype=np.int64)) == 0.0


def test_one_long_cloud_is_no_groups_though_its_silhouette_is_high():
    # GIVEN customers who spend more the more often they order, and nothing else
    frequency = RANDOM.normal(size=600)
    points = np.column_stack([frequency, frequency + RANDOM.normal(0, 0.3, 600)])
    assert finding(points, [True] * 600, k=2) == "one_cloud"
    assert null_clouds(points, [True] * 600, k=2, seed=7).one_cloud > 0.6


def test_those_who_ordered_once_are_no_group_beyond_rare():
    # GIVEN half of the customers near one place, because they ordered once, and a cloud of those who came back
    once, more = RANDOM.normal((0, 0), 0.2, size=(300, 2)), RANDOM.normal((4, 4), 1.0, size=(300, 2))
    assert finding(np.concatenate([once, more]), [False] * 300 + [True] * 300, k=2) == "frequent_and_rare"


def test_groups_that_are_planted_are_groups():
    points = blobs((0, 0), (6, 0), (0, 6), (6, 6))
    assert finding(points, [bool(place % 2) for place in range(600)], k=4) == "groups"


def test_a_silhouette_at_the_limit_shows_nothing():
    null = NullClouds(one_cloud=0.4, frequent_and_rare=0.5)
    assert [null.finding(silhouette) for silhouette in (0.4, 0.5, 0.51)] == ["one_cloud", "frequent_and_rare", "groups"]


def test_features_without_spread_and_single_customers_have_a_null():
    # GIVEN one customer who came back, and a feature in which all are alike
    points = np.column_stack([RANDOM.normal(size=40), np.zeros(40)])
    null = null_clouds(points, [True] + [False] * 39, k=2, seed=7)
    assert 0 < null.one_cloud <= null.frequent_and_rare < 1
