"""Ranking metrics, computed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_jobs.algorithms.recommendation.ranking import improvements, measures, per_user

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.usefixtures("interpreted")


def frame(spark: SparkSession, columns: str, *rows: str) -> DataFrame:
    values = ", ".join(f"({row})" for row in rows)
    return spark.sql(f"select * from values {values} as t ({columns})")


@pytest.fixture
def lists(spark: SparkSession) -> DataFrame:
    """Model 0 gives ann a b c and bob a b c; model 1 gives ann c d and nobody else anything."""
    return frame(
        spark,
        "model, user_id, rank, product_id",
        *[f"0, '{user}', {rank}, '{product}'" for user in ("ann", "bob") for rank, product in enumerate("abc", 1)],
        "1, 'ann', 1, 'c'",
        "1, 'ann', 2, 'd'",
    )


@pytest.fixture
def relevant(spark: SparkSession) -> DataFrame:
    """ann turned to a and c, bob to x."""
    return frame(spark, "user_id, product_id", "'ann', 'a'", "'ann', 'c'", "'bob', 'x'")


def test_each_user_by_hand(lists: DataFrame, relevant: DataFrame):
    scores = {(row.model, row.user_id): tuple(row)[2:] for row in per_user(lists, relevant, length=3).collect()}
    # ann of model 0: hits at 1 and 3. gain 1/log2(2) + 1/log2(4) = 1.5; the best is 1/log2(2) + 1/log2(3) = 1.63093
    # average precision (1/1 + 2/3) / 2
    assert scores[(0, "ann")] == pytest.approx((1.0, 1.5 / 1.6309297535714575, 5 / 6))
    # ann of model 1: one hit at 1, of two that there could be
    assert scores[(1, "ann")] == pytest.approx((1.0, 1.0 / 1.6309297535714575, 0.5))
    # bob has a list without a hit, or none
    assert scores[(0, "bob")] == scores[(1, "bob")] == (0.0, 0.0, 0.0)


def test_no_list_can_hold_more_than_its_length(spark: SparkSession, lists: DataFrame):
    # GIVEN four relevant products and lists of two places, both hits
    wanted = frame(spark, "user_id, product_id", *[f"'ann', '{product}'" for product in "abcd"])
    scores = {row.model: tuple(row)[2:] for row in per_user(lists.where("rank <= 2"), wanted, length=2).collect()}
    # THEN that is as good as can be
    assert scores == {0: (1.0, 1.0, 1.0), 1: (1.0, 1.0, 1.0)}


def test_measures_by_hand(spark: SparkSession, lists: DataFrame, relevant: DataFrame):
    # GIVEN ann likes tools (3 of 4) and bob toys; a and b are tools, c is a toy, d's category is not known
    history = frame(
        spark, "user_id, product_id, strength", "'ann', 'a', 3D", "'ann', 'c', 1D", "'bob', 'c', 1D", "'bob', 'd', 9D"
    )
    categories = frame(spark, "product_id, category", "'a', 'tools'", "'b', 'tools'", "'c', 'toys'", "'d', cast(null as string)")
    # WHEN
    metrics = measures(per_user(lists, relevant, length=3), lists, history=history, categories=categories, length=3)
    # THEN model 0: of two users one has a hit; the mean of 1 and 0 is 0.5, its deviation 0.7071, so 0.5 +- 1.96 * 0.7071 / 1.4142
    hit = metrics[0]["hit_rate_3"]
    assert (hit.score, hit.ci_low, hit.ci_high, hit.sample_size) == pytest.approx((0.5, 0.5 - 0.979982, 0.5 + 0.979982, 2))
    assert metrics[0]["map_3"].score == pytest.approx(5 / 12)
    # it shows a, b, c; the history has a, c, d
    assert metrics[0]["coverage"].score == 1.0
    assert metrics[1]["coverage"].score == pytest.approx(2 / 3)
    # six places: ann's c and bob's a and b are of another category than their first
    assert metrics[0]["cross_category_share"].score == 0.5
    # one place of known category: ann's c
    assert (metrics[1]["cross_category_share"].score, metrics[1]["cross_category_share"].sample_size) == (1.0, 1)


def test_an_improvement_is_paired_by_user(spark: SparkSession):
    # GIVEN users who differ by 1 among themselves, and a model that is better than the baseline by 0.1 and 0.3
    each = frame(spark, "model, user_id, ndcg", "0, 'ann', 0D", "0, 'bob', 1D", "1, 'ann', 0.1D", "1, 'bob', 1.3D")
    gains = improvements(each, baseline=0)
    # THEN the mean is 0.2, and its standard error is that of the differences: 0.1414 / 1.4142
    assert (gains[1].score, gains[1].ci_low, gains[1].ci_high) == pytest.approx((0.2, 0.2 - 0.1959964, 0.2 + 0.1959964))
    assert (gains[0].score, gains[0].ci_low, gains[1].sample_size) == (0.0, 0.0, 2)
