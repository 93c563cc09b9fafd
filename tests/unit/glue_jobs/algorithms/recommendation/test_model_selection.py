"""Which models are tried."""

from __future__ import annotations

from collections import Counter

from glue_jobs.algorithms.recommendation.model_selection import Grid
from glue_jobs.algorithms.recommendation.recommenders import Settings


def test_every_method_tries_every_half_life():
    half_lives = Settings().half_lives
    models = Grid(alphas=(1.0, 10.0)).models("co_view", half_lives)
    assert (min(half_lives), max(half_lives)) == (3.0, 90.0)
    for method in ("popularity", "recent", "co_view", "als"):
        assert {model.half_life_days for model in models if model.method == method} == set(half_lives)
    # AND other parameters of ALS try one
    fits = Counter(model.factors.alpha for model in models if model.factors)
    assert fits == {1.0: 4, 10.0: 1}
    assert [model.half_life_days for model in models if model.factors and model.factors.alpha == 10.0] == [30.0]
