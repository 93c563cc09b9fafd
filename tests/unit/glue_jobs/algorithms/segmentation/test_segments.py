"""Features computed by hand, and the names of segments."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import pytest

from glue_jobs.algorithms.segmentation import segments
from glue_jobs.algorithms.segmentation.features import customer_features
from glue_jobs.algorithms.segmentation.null_clouds import NullClouds
from glue_jobs.algorithms.segmentation.profile import profile
from glue_jobs.algorithms.segmentation.segments import Segments, Settings, find_segments, names
from tests.support.frames import table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.usefixtures("interpreted")


def test_features_by_hand(spark: SparkSession):
    # GIVEN two customers who looked at a and b, tools for 10 and 20 (b's by its list price), and one who only paid a fee
    lines = table(
        spark,
        "fct_order_items",
        """ordered_at          | customer_id | order_id | quantity | net_amount | line_type | item_kind | order_date
        2025-01-01 00:00:00 | ann         | o1       | 1        | 10         | sale      | product | 2025-01-01
        2025-01-01 00:00:00 | ann         | o1       | 3        | 60         | sale      | product | 2025-01-01
        2025-01-03 00:00:00 | ann         | o1       | -1       | -20        | return    | product | 2025-01-03
        2025-01-11 00:00:00 | ann         | o2       | 1        | 10         | sale      | product | 2025-01-11
        2025-01-06 00:00:00 | bob         | o3       | 1        | 10         | sale      | product | 2025-01-06
        2025-02-01 00:00:00 | cid         | o4       | 1        | 5          | sale      | shipping | 2025-02-01""",
    )
    events = table(
        spark,
        "events",
        """event_time          | event_type | product_id | price | user_id | session_id
        2024-12-31 00:00:00 | view       | a          | 10    | ann     | s1
        2024-12-31 00:01:00 | view       | b          |       | ann     | s1
        2025-01-06 00:00:00 | view       | a          | 10    | bob     | s2
        2025-01-07 00:00:00 | view       | b          | 20    |         | s3""",
    )
    products = table(spark, "dim_product", "product_id | category | list_price\na | tools | 99\nb | tools | 20")
    # WHEN
    features = {row.customer_id: row for row in customer_features(lines=lines, events=events, products=products).collect()}
    # THEN means are shrunk toward those of all: 6 units in 3 orders, 3 orders in 2 sessions
    assert set(features) == {"ann", "bob"}
    ann, bob = features["ann"], features["bob"]
    assert (ann.orders, float(ann.net_amount), ann.recency_days, ann.lifetime_days) == (2, 60.0, 0.0, 11.0)
    assert (bob.orders, float(bob.net_amount), bob.recency_days, bob.lifetime_days) == (1, 10.0, 5.0, 0.0)
    assert (ann.units_per_order, bob.units_per_order) == pytest.approx(((5 + 5 * 2) / 7, (1 + 5 * 2) / 6))
    assert (ann.orders_per_session, bob.orders_per_session) == pytest.approx(((2 + 20 * 1.5) / 21, (1 + 20 * 1.5) / 21))
    # the usual view is of ln 10 + ln 2 / 2; ann is on it in all, bob half of ln 2 below, both together that in three views
    together = -log(2) / 2 / 3
    assert ann.price_level == pytest.approx(20 * together / 22)
    assert bob.price_level == pytest.approx((-log(2) / 2 + 20 * together) / 21)
    assert str(ann.as_of) == "2025-01-11"


def test_segments_are_named_by_the_two_features_farthest_from_the_mean():
    features = ("orders", "price_level", "units_per_order")
    assert names({1: [2.0, 0.1, -1.0], 2: [-0.3, -0.9, 0.0]}, features) == {
        1: "frequent, small orders",
        2: "choosing cheap, rare",
    }


def test_segments_with_the_same_name_are_numbered():
    assert names({1: [2.0], 2: [1.0]}, ("orders",)) == {1: "frequent", 2: "frequent (2)"}


def test_identical_customers_are_one_segment(spark: SparkSession):
    alike = spark.sql("select 'c' || id as customer_id, 1L as orders, 5.0 as net_amount from range(4)")
    segments_ = find_segments(alike, Settings(features=("orders", "net_amount")))
    assert (segments_.names, segments_.silhouette, segments_.stabilities) == ({1: "all customers"}, None, ())
    assert (segments_.finding, segments_.null, segments_.stability) == ("one_cloud", None, None)
    assert {row.segment for row in segments_.labels.collect()} == {1}


def test_the_profile_has_the_sessions_of_each_segment(spark: SparkSession):
    # GIVEN two customers of segment 1, one of whom was never seen on the pages, and one of segment 2 who was not either
    customers = table(
        spark,
        "customer_segments",
        """customer_id | segment | segment_name | orders | net_amount | sessions | session_minutes
        ann         | 1       | frequent     | 3      | 30         | 4        | 10
        bob         | 1       | frequent     | 1      | 20         |          |
        cid         | 2       | rare         | 1      | 10         |          |""",
    )
    segments_ = Segments(customers, {1: "frequent", 2: "rare"}, 0.6, NullClouds(0.4, 0.7), (0.8, 1.0))
    # WHEN
    first, second = profile(customers, segments_).orderBy("segment").collect()
    # THEN
    assert (first.customers, first.sessions, first.session_minutes) == (2, 4, 10.0)
    assert (first.sessions_per_customer, first.minutes_per_session) == (2.0, 2.5)
    assert (second.sessions, second.sessions_per_customer, second.minutes_per_session) == (None, None, None)
    quality = (first.squared_silhouette, first.one_cloud_silhouette, first.frequent_and_rare_silhouette, first.finding)
    assert quality == (0.6, 0.4, 0.7, "frequent_and_rare")
    assert (first.stability, first.stability_low, first.stability_high) == (0.9, 0.8, 1.0)


@pytest.mark.full
def test_a_sample_of_many_customers_chooses_k_and_all_get_a_segment(spark: SparkSession, monkeypatch: pytest.MonkeyPatch):
    # GIVEN 60 customers with one small order and 40 with nine large ones, of whom about 30 are sampled
    monkeypatch.setattr(segments, "SAMPLE", 30)
    customers = spark.sql(
        "select 'c' || id as customer_id, if(id < 60, 1L, 9L) as orders, if(id < 60, 5.0, 900.0) + id % 7 as net_amount "
        "from range(100)"
    )
    # WHEN
    segments_ = find_segments(customers, Settings(features=("orders", "net_amount"), k_max=3, resamples=2))
    # THEN
    groups = segments_.labels.join(customers, "customer_id").groupBy("segment", "orders").count().collect()
    assert {(row["segment"], row["orders"], row["count"]) for row in groups} == {(1, 9, 40), (2, 1, 60)}
    assert segments_.stabilities == (1.0, 1.0)
    assert segments_.null is not None
    assert segments_.null.one_cloud <= segments_.null.frequent_and_rare
