"""Check recommendations and product pairs against SQL on the raw files and against another implementation of ALS."""

from __future__ import annotations

import itertools
import json

import pytest

from tests.end_to_end import als
from tests.end_to_end.expected_tables import create_expected, differences_of, sql
from tests.end_to_end.lake import CheckedSource
from tests.support.lake_builder import LakeBuilder
from tests.support.lazy import lazy

pd = lazy("pandas")

# Half of the half-lives, and one point of the rest of the grid. With this alpha, factors from different random starts recommend
# much the same.
HALF_LIVES = (10, 90)
MODEL = {"rank": 8, "reg": 0.1, "alpha": 1.0, "iterations": 10}
OPTIONS = [
    *[option.format(**MODEL) for option in ("--ranks={rank}", "--regs={reg}", "--alphas={alpha}", "--iterations={iterations}")],
    f"--half_lives={','.join(map(str, HALF_LIVES))}",
]
SEEDS = 3


def recommend(builder: LakeBuilder, source: CheckedSource) -> CheckedSource:
    """Run the job and compute the expected tables; model_metrics is loaded as list_metrics, since other jobs fill it too."""
    source.analyze(builder, "recommend", *OPTIONS, rename={"model_metrics": "list_metrics"})
    create_expected(source, "interactions")
    (parameters,) = source.row("select any_value(parameters) from lake.list_metrics where split = 'test' and model like 'co_%'")
    source.connection.execute("set variable tempering = ?", [json.loads(parameters)["tempering"]])
    _use_choices(source)
    (cut,) = source.row("select distinct as_of from lake.list_metrics where split = 'validation'")
    _set_cut(source, cut)
    create_expected(source, "future")
    _recommend_to(source, "select distinct user_id from truth.future")
    create_expected(source, "list_metrics")
    _set_cut(source, "infinity")
    _recommend_to(source, "select distinct user_id from lake.recommendations")
    return source


def _use_choices(source: CheckedSource) -> None:
    """Compute with the half-life and the baseline that validation data chose."""
    run = source.connection.execute
    run(
        "create table truth.methods as select distinct model, cast(parameters ->> 'half_life_days' as double) as half_life "
        "from lake.list_metrics where split = 'test'"
    )
    run(f"create table truth.half_lives as from truth.methods select distinct half_life union select {max(HALF_LIVES)}::double")
    (baseline,) = source.row("select any_value(baseline) from lake.list_metrics where split = 'test'")
    run("set variable baseline = ?", [baseline])


def _set_cut(source: CheckedSource, until: object) -> None:
    """Compute what is known from interactions before an instant."""
    source.connection.execute("set variable until = ?", [until])
    source.connection.execute(sql("known"))
    create_expected(source, "item_pairs")


def _recommend_to(source: CheckedSource, users: str) -> None:
    """Compute the list of every model for the users that a query selects."""
    strengths = source.connection.execute(sql("learnable")).df()
    learned = [
        als.recommend(strengths, places=60, seed=seed, **MODEL).assign(model=f"als {seed}")  # type: ignore[arg-type]
        for seed in range(SEEDS)
    ]
    source.connection.register("learned", pd.concat(learned))
    source.connection.execute("create or replace table truth.learned as from learned")
    source.connection.execute(f"create or replace table truth.wanted as {users}")
    create_expected(source, "lists")


def _overlap(source: CheckedSource, one: str, other: str) -> float:
    """Share of the (user_id, product_id) of one relation that the other has too."""
    return float(source.row(f"select avg(if((user_id, product_id) in ({other}), 1, 0)) from ({one})")[0])


class RecommendationChecks:
    """Checks for every source."""

    def test_pairs_equal_an_independent_computation(self, recommended: CheckedSource):
        assert differences_of(recommended, "item_pairs", "kind", "product_id", "other_product_id") == ""

    def test_lists_equal_an_independent_computation(self, recommended: CheckedSource):
        """ALS depends on its random start, so its lists must be as close to other fits as those are to each other."""
        (published,) = recommended.row("select any_value(model) from lake.list_metrics where is_published")
        recommended.connection.execute(
            "create or replace table truth.published as select distinct user_id, if(user_id = '(new)', 'popularity', ?) as model "
            "from lake.recommendations where user_id = '(new)' or ? <> 'als'",
            [published, published],
        )
        assert recommended.rows("select * from truth.published where user_id = '(new)'")
        assert recommended.rows(sql("misplaced")) == []
        (active,) = recommended.row(
            "select count(distinct user_id) from truth.interactions "
            "where instant >= (select max(instant) - interval 180 day from truth.interactions)"
        )
        assert recommended.row("select count(distinct user_id) from lake.recommendations") == (active + 1,)
        if published == "als":
            actual = "select user_id, product_id from lake.recommendations where user_id <> '(new)'"
            expected = [
                f"select user_id, product_id from truth.lists where model = 'als {seed}' and rank <= 10 and user_id <> '(new)'"
                for seed in range(SEEDS)
            ]
            among_expected = min(_overlap(recommended, one, other) for one, other in itertools.combinations(expected, 2))
            assert min(_overlap(recommended, actual, other) for other in expected) >= 0.8 * among_expected

    def test_metrics_equal_an_independent_computation(self, recommended: CheckedSource):
        recommended.connection.execute(
            "create or replace view lake.test_metrics as from lake.list_metrics where split = 'test' and model <> 'als'; "
            "create or replace view truth.test_metrics as from truth.list_metrics where model not like 'als %'"
        )
        without = ("job", "split", "parameters", "is_published", "as_of")
        assert differences_of(recommended, "test_metrics", "model", "metric", without=without) == ""

    def test_metrics_of_als_agree_with_other_fits(self, recommended: CheckedSource):
        rows = recommended.rows(
            "select f.metric, f.score, f.ci_low, f.ci_high, f.sample_size, avg(t.score) as expected, "
            "any_value(t.sample_size) as expected_sample_size "
            "from lake.list_metrics as f left join truth.list_metrics as t on t.metric = f.metric and t.model like 'als %' "
            "where f.model = 'als' and f.split = 'test' group by all"
        )
        assert {"hit_rate_10", "ndcg_10", "map_10", "coverage", "improvement_ndcg_10"} <= {row["metric"] for row in rows}
        for row in rows:
            assert row["sample_size"] == row["expected_sample_size"]
            if row["ci_low"] is None:
                assert row["score"] == pytest.approx(row["expected"], rel=0.1)
            else:
                assert row["ci_low"] <= row["expected"] <= row["ci_high"]

    def test_models_are_selected_on_validation_data_and_judged_on_later_data(self, recommended: CheckedSource):
        cuts = recommended.rows("select distinct split, as_of from lake.list_metrics order by as_of")
        assert [row["split"] for row in cuts] == ["validation", "test"]
        (share, latest) = recommended.row(
            f"select count_if(instant < timestamp '{cuts[0]['as_of']:%Y-%m-%d %H:%M:%S.%f}') / count(*), max(instant) "
            "from truth.interactions"
        )
        assert share == pytest.approx(0.85, abs=0.001)
        assert cuts[1]["as_of"].replace(tzinfo=None) == latest.replace(tzinfo=None)

    def test_a_model_is_published_only_if_it_beats_the_best_baseline_by_an_interval(self, recommended: CheckedSource):
        validated = recommended.rows("from lake.list_metrics where split = 'validation'")
        scores = {row["model"]: row["score"] for row in validated if row["metric"] == "ndcg_10"}
        baseline = max(("popularity", "recent"), key=scores.__getitem__)
        gains = {row["model"]: row for row in validated if row["metric"] == "improvement_ndcg_10"}
        assert gains.keys() == scores.keys() - {"popularity", "recent"}
        for model, row in gains.items():
            assert (row["baseline"], row["score"]) == (baseline, pytest.approx(scores[model] - scores[baseline]))
        better = {model: scores[model] for model, row in gains.items() if row["ci_low"] > 0}
        winner = max(better, key=better.__getitem__) if better else baseline
        assert {row["model"] for row in validated if row["is_published"]} == {winner}
