"""Pairs of products: counts by hand, the log-likelihood ratio by scipy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_jobs.algorithms.recommendation.pairs import PairThresholds, pairs

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

pytestmark = pytest.mark.usefixtures("interpreted")
# a and b in 6 baskets, a alone in 2, b alone in 1, c with each of them once, d alone in 9; b twice in the first
BASKETS = ["abb", "ab", "ab", "ab", "ab", "abc", "a", "ac", "b", *"ddddddddd"]


def baskets(spark: SparkSession, texts: list[str]) -> DataFrame:
    rows = ", ".join(f"('o{number}', '{product}')" for number, text in enumerate(texts) for product in text)
    return spark.sql(f"select * from values {rows} as t (basket, product_id)")


def test_a_pair_by_hand_in_both_directions(spark: SparkSession):
    from scipy.stats import chi2_contingency

    by_pair = {
        (row.product_id, row.other_product_id): row for row in pairs(baskets(spark, BASKETS), PairThresholds(3, 6.63)).collect()
    }
    assert set(by_pair) == {("a", "b"), ("b", "a")}
    pair = by_pair[("a", "b")]
    # of 18 baskets 8 have a, 7 have b, 6 both
    assert (pair.pair_baskets, pair.product_baskets, pair.other_baskets, pair.total_baskets) == (6, 8, 7, 18)
    assert (pair.support, pair.confidence, pair.lift) == pytest.approx((6 / 18, 6 / 8, (6 / 8) / (7 / 18)))
    expected = chi2_contingency([[6, 2], [1, 9]], correction=False, lambda_="log-likelihood").statistic
    assert pair.llr == by_pair[("b", "a")].llr == pytest.approx(expected) == pytest.approx(8.56, abs=0.01)
    assert pair.rank == 1
    assert by_pair[("b", "a")].confidence == pytest.approx(6 / 7)


@pytest.mark.parametrize(
    "floor",
    [PairThresholds(7, 0.0), PairThresholds(3, 9.0), PairThresholds(3, 0.0, 0), PairThresholds(3, 0.0, 50, 1)],
    ids=["count", "chance", "rank", "basket"],
)
def test_what_does_not_reach_the_floor_is_left_out(spark: SparkSession, floor: PairThresholds):
    assert pairs(baskets(spark, BASKETS), floor).collect() == []


def test_products_that_avoid_each_other_are_no_pair(spark: SparkSession):
    # GIVEN a and b together once, and each nine times alone
    assert pairs(baskets(spark, ["ab", *["a"] * 9, *["b"] * 9]), PairThresholds(1, 0.0)).collect() == []
