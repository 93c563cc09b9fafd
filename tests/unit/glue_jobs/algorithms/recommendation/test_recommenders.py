"""Interactions, their strengths, and the recommendations that follow from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from glue_jobs.algorithms.recommendation.interactions import cuts, interactions, latest, strengths
from glue_jobs.algorithms.recommendation.pairs import PairThresholds
from glue_jobs.algorithms.recommendation.recommenders import Model, Settings, TrainingData, co_scores, top_products
from tests.support.frames import rows, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.usefixtures("interpreted")


@pytest.fixture
def history(spark: SparkSession) -> DataFrame:
    """ann buys a, looks at b and c; bob looks at b and c, carts c; cid looks at b, dan at d, nobody at a."""
    events = table(
        spark,
        "events",
        """event_time           | event_type | product_id | user_id | session_id
        2025-01-01 10:00:00 | view       | b          | ann     | s1
        2025-01-01 10:01:00 | view       | c          | ann     | s1
        2025-01-11 10:00:00 | view       | b          | bob     |
        2025-01-11 10:01:00 | view       | c          | bob     |
        2025-01-11 10:02:00 | cart       | c          | bob     |
        2025-01-11 10:03:00 | purchase   | c          | bob     |
        2025-01-21 10:00:00 | view       | b          | cid     | s3
        2025-01-21 10:00:00 | view       | d          | dan     | s5
        2025-01-01 10:00:00 | view       | a          |         |""",
    )
    lines = table(
        spark,
        "fct_order_items",
        """ordered_at          | customer_id | product_id | order_id | line_type | item_kind
        2025-01-01 10:05:00 | ann         | a          | o1       | sale      | product
        2025-01-02 10:05:00 | ann         | a          | o1       | return    | product
        2025-01-02 10:05:00 | ann         | POST       | o1       | sale      | shipping""",
    )
    return interactions(lines=lines, events=events).cache()


def test_interactions_are_what_users_did_with_products(history: DataFrame):
    assert rows(history, "user_id", "product_id", "kind", "basket") == [
        ("ann", "a", "purchase", "o1"),
        ("ann", "b", "view", "s1"),
        ("ann", "c", "view", "s1"),
        ("bob", "b", "view", "bob@2025-01-11"),
        ("bob", "c", "cart", "bob@2025-01-11"),
        ("bob", "c", "view", "bob@2025-01-11"),
        ("cid", "b", "view", "s3"),
        ("dan", "d", "view", "s5"),
        (None, "a", "view", None),
    ]
    assert latest(history) == datetime(2025, 1, 21, 10, tzinfo=UTC)
    assert cuts(history, (0.5,)) == [datetime(2025, 1, 11, 10, tzinfo=UTC)]


def test_a_weight_halves_with_its_half_life(history: DataFrame):
    weights = {"view": 1.0, "cart": 3.0, "purchase": 5.0}
    as_of = datetime(2025, 1, 21, 10, tzinfo=UTC)
    strong = strengths(history, weights=weights, half_lives=[20.0, 10.0], as_of=as_of)
    by_pair = {(row.user_id, row.product_id): row.strength_1 for row in strong.collect()}
    # ann's view is two half-lives old, bob's view and cart (all but minutes) one, cid's is new
    assert by_pair[("ann", "b")] == pytest.approx(0.25)
    assert by_pair[("bob", "c")] == pytest.approx(2.0, abs=0.001)
    assert by_pair[("cid", "b")] == 1.0
    # AND with twice the half-life ann's view counts as much as bob's did
    slower = strong.where("user_id = 'ann' and product_id = 'b'").collect()[0]
    assert slower.strength_0 == pytest.approx(0.5)


def test_each_half_life_has_its_own_popular_products(spark: SparkSession, history: DataFrame):
    # GIVEN d, seen on the last day, and a, bought twenty days before: 1 against 6 halved per day, or hardly at all
    training = TrainingData(history, Settings(half_lives=(1.0, 1e9), length=1))
    users = spark.sql("select 'eve' as user_id")
    recommended = top_products(training, users, [Model("popularity", 1.0), Model("popularity", 1e9)])
    assert rows(recommended, "model", "product_id") == [(0, "b"), (1, "a")]


def test_scores_are_strengths_times_tempered_confidences(spark: SparkSession):
    liked = spark.sql("select 'ann' as user_id, 'a' as product_id, 2D as new, 20D as old union all select 'ann', 'b', 1D, 10D")
    near = spark.sql(
        "select * from values "
        "('a', 'c', 0.5D, 4L, 16L), ('b', 'c', 0.25D, 4L, 16L), ('b', 'd', 1D, 1L, 16L), ('x', 'e', 1D, 1L, 16L) "
        "as t (product_id, other_product_id, confidence, other_baskets, total_baskets)"
    )
    # c: 2 * 0.5 + 1 * 0.25, d: 1; c is in a quarter of the baskets (tempered twice as much), d in a sixteenth (four times)
    scored = co_scores(liked, near, {0: ("new", 0.0), 1: ("new", 0.5), 2: ("old", 0.5)})
    assert rows(scored, "product_id", "score_0", "score_1", "score_2") == [("c", 1.25, 2.5, 25.0), ("d", 1.0, 4.0, 40.0)]


def test_recommendations_skip_bought_products_and_fill_up_with_popular_ones(spark: SparkSession, history: DataFrame):
    # GIVEN products by strength: a (5 + 1), c (1 + 1 + 3), b (3), d (1); b and c go together
    training = TrainingData(history, Settings(half_lives=(1e9,), length=2, pair_thresholds=PairThresholds(2, 0.0)))
    users = spark.sql("select explode(array('ann', 'cid', 'eve')) as user_id")
    # WHEN
    recommended = top_products(
        training, users, [Model("popularity", 1e9), Model("co_view", 1e9, tempering=0.0), Model("recent", 1e9)]
    )
    # THEN ann is never shown a, which she bought; eve, who is unknown, gets popular products
    assert rows(recommended, "model", "user_id", "rank", "product_id", "method") == [
        (0, "ann", 1, "c", "popularity"),
        (0, "ann", 2, "b", "popularity"),
        (0, "cid", 1, "a", "popularity"),
        (0, "cid", 2, "c", "popularity"),
        (0, "eve", 1, "a", "popularity"),
        (0, "eve", 2, "c", "popularity"),
        (1, "ann", 1, "b", "co_view"),
        (1, "ann", 2, "c", "co_view"),
        (1, "cid", 1, "c", "co_view"),
        (1, "cid", 2, "a", "popularity"),
        (1, "eve", 1, "a", "popularity"),
        (1, "eve", 2, "c", "popularity"),
        (2, "ann", 1, "c", "recent"),
        (2, "ann", 2, "b", "recent"),
        (2, "cid", 1, "b", "recent"),
        (2, "cid", 2, "a", "popularity"),
        (2, "eve", 1, "a", "popularity"),
        (2, "eve", 2, "c", "popularity"),
    ]
