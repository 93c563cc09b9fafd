"""k-means in memory, against scikit-learn's and clusters that are known."""

from __future__ import annotations

import numpy as np
import pytest

from glue_jobs.algorithms.segmentation.kmeans import fit, nearest

RANDOM = np.random.default_rng(20250401)


def test_a_fit_is_as_tight_as_scikit_learns():
    from sklearn.cluster import KMeans

    points = RANDOM.normal(size=(400, 5))
    expected = KMeans(4, n_init=10, random_state=0).fit(points).inertia_
    fitted = fit(points, 4, np.random.default_rng(1), starts=10)
    assert fitted.cost == pytest.approx(expected, rel=0.01)
    # AND its centers are the means of their points
    means = [points[fitted.labels == cluster].mean(axis=0) for cluster in range(4)]
    assert np.allclose(fitted.centers, means, atol=0.05)


def test_more_starts_never_make_it_worse():
    points = np.concatenate([RANDOM.normal(center, 0.1, size=(30, 2)) for center in ((0, 0), (1, 5), (5, 1), (6, 6))])
    one, ten = (fit(points, 4, np.random.default_rng(3), starts=starts).cost for starts in (1, 10))
    assert ten <= one


def test_labels_and_cost_by_hand():
    found = nearest(np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 0.0]]), np.array([[0.0, 0.0], [10.0, 0.0]]))
    assert (found.labels.tolist(), found.cost) == ([0, 0, 1], 2.0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("points", [[[1.0, 2.0]], [[1.0, 2.0]] * 5, [[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]])
def test_fewer_distinct_points_than_clusters_have_a_cluster_each(points: list[list[float]]):
    fitted = fit(np.array(points), 3, np.random.default_rng(1))
    assert fitted.cost == 0.0
    assert len(set(fitted.labels.tolist())) == len({tuple(point) for point in points})
