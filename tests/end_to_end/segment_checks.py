"""Check customer segments against SQL on the raw files and against scikit-learn's k-means."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.end_to_end import clusters
from tests.end_to_end.expected_tables import TOLERANCE, create_expected, differences_of, sql
from tests.end_to_end.lake import CheckedSource
from tests.support.lake_builder import LakeBuilder

# Few values of k and few starts: the checks hold for any number of them.
OPTIONS = ("--k_max=3", "--starts=2", "--resamples=2")
MIN_CUSTOMERS, MIN_STABILITY = 50, 0.6
STABILITY = ("stability", "stability_low", "stability_high")
NULLS = ("one_cloud_silhouette", "frequent_and_rare_silhouette")
QUALITY = ("squared_silhouette", *NULLS, "finding", *STABILITY)


def segment(builder: LakeBuilder, source: CheckedSource) -> CheckedSource:
    """Run the job and compute the expected tables."""
    source.analyze(builder, "segment", *OPTIONS)
    source.connection.execute(sql("macros"))
    create_expected(source, "customer_features", "segment_profile")
    return source


class SegmentChecks:
    """Checks for every source."""

    def test_features_equal_an_independent_computation(self, segmented: CheckedSource):
        expected = segmented.connection.execute("from truth.customer_features order by customer_id").df()
        if segmented.row("select count(*) from lake.customer_segments") == (0,):
            # There are too few customers, or they have no stable segments.
            if len(expected) >= MIN_CUSTOMERS:
                points = clusters.points(expected)
                assert min(np.mean(clusters.stabilities(points, k)) for k in (2, 3)) < MIN_STABILITY
        else:
            assert len(expected) >= MIN_CUSTOMERS
            names = ("segment", "segment_name")
            assert differences_of(segmented, "customer_features", "customer_id", actual="customer_segments", without=names) == ""

    def test_segment_profile_equals_the_sums_of_its_customers(self, segmented: CheckedSource):
        assert differences_of(segmented, "segment_profile", "segment", without=QUALITY) == ""
        worth = segmented.rows("select net_amount / customers as worth from truth.segment_profile order by segment")
        assert all(one["worth"] >= other["worth"] for one, other in itertools.pairwise(worth))

    def test_segments_agree_with_scikit_learn(self, segmented: CheckedSource):
        """Segments are a fixed point of k-means, as tight as the best of ten other fits, named and judged like those."""
        customers = segmented.connection.execute("from lake.customer_segments order by customer_id").df()
        if customers.empty:
            assert segmented.row("select count(*) from lake.segment_profile") == (0,)
            return
        points, labels = clusters.points(customers), customers["segment"].to_numpy()
        profile = segmented.rows("from lake.segment_profile order by segment")
        k = len(profile)
        assert clusters.misassigned_share(points, labels) <= 0.005
        assert clusters.inertia(points, labels) <= 1.05 * clusters.best_fit(points, k).inertia_
        names = [clusters.name(center) for center in clusters.centers(points, labels)]
        assert names == [row["segment_name"] for row in profile]
        quality = {name: profile[0][name] for name in QUALITY}
        assert quality["squared_silhouette"] == pytest.approx(clusters.silhouette(points, labels), abs=TOLERANCE)
        nulls = clusters.null_silhouettes(points, customers["orders"].to_numpy() > 1, k)
        assert [quality[name] for name in NULLS] == pytest.approx(nulls, abs=0.04)
        above = [quality["squared_silhouette"] > quality[name] for name in NULLS]
        assert quality["finding"] == ("one_cloud", "frequent_and_rare", "groups")[sum(above)]
        expected = clusters.stabilities(points, k)
        assert quality["stability"] >= MIN_STABILITY
        assert min(expected) - 0.05 <= quality["stability_low"] <= quality["stability"]
        assert quality["stability"] <= quality["stability_high"] <= max(expected) + 0.05
        fits = {other: clusters.best_fit(points, other).labels_ for other in (2, 3)}
        assert clusters.adjusted_rand(labels, fits[k]) >= min(expected) - 0.05
        # If segments change with the customers sampled, they also change with k-means' starting points.
        if min(expected) > 0.6:
            assert quality["squared_silhouette"] >= max(clusters.silhouette(points, other) for other in fits.values()) - 0.05
