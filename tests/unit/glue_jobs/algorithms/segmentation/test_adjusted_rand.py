"""Agreement of two groupings: known cases, and scikit-learn's word."""

from __future__ import annotations

import numpy as np
import pytest

from glue_jobs.algorithms.segmentation.adjusted_rand import adjusted_rand_index


def index(one: list[int], other: list[int]) -> float:
    return adjusted_rand_index(np.array(one), np.array(other))


def test_names_of_groups_do_not_matter():
    assert index([0, 0, 1, 1], [5, 5, 3, 3]) == 1.0


def test_a_case_by_hand():
    # GIVEN one grouping {a b}{c d} and another {a b c}{d}: of 6 pairs 2 are together in the one, 3 in the other, 1 in both
    # THEN chance is 2 * 3 / 6 = 1, so no better than chance
    assert index([0, 0, 1, 1], [0, 0, 0, 1]) == 0.0


def test_one_group_of_all_agrees_with_itself():
    assert index([0, 0, 0], [1, 1, 1]) == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_scikit_learn_says(seed: int):
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    one = rng.integers(0, 4, 200)
    other = np.where(rng.random(200) < 0.3, rng.integers(0, 5, 200), one)
    assert adjusted_rand_index(one, other) == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)
