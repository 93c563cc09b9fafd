"""Tables of the analyses against a second computation: SQL on the truth of a source, and other libraries where SQL ends.

A source's module has a fixture `source` and a class that inherits from `Analyses` and `Values`.
"""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from tests.end_to_end import clusters, factors, repeat_buying
from tests.end_to_end.comparison import differences
from tests.end_to_end.lake import TRUTH, Checked, analyze

# Short, since what is held does not hang on how much was tried; of alpha the one that leads to much the same from any start.
SEGMENT = ("--k_max=3", "--starts=2", "--resamples=2")
LEARNED = {"rank": 8, "reg": 0.1, "alpha": 1.0, "iterations": 10}
RECOMMEND = ("--ranks={rank}", "--regs={reg}", "--alphas={alpha}", "--iterations={iterations}")
# Fewer buyers than that are no segments.
LEAST = 50
STARTS = 3
NEAR = 1e-9
JUDGED = ("silhouette", "stability", "stability_low", "stability_high")


def with_analyses(lake: Path, source: Checked) -> Checked:
    """The source with its segments and recommendations, and all that is known of them from the truth."""
    analyze(lake, source, "segment", *SEGMENT)
    analyze(lake, source, "recommend", *[given.format(**LEARNED) for given in RECOMMEND], named={"model_metrics": "list_metrics"})
    run = source.connection.execute
    run(_sql("macros"))
    for name in ("customer_features", "segment_profile", "interactions"):
        run(f"create table truth.{name} as {_sql(name)}")
    (tempering,) = source.row("select any_value(parameters) from found.list_metrics where split = 'test' and model like 'co_%'")
    run("set variable tempering = ?", [json.loads(tempering)["tempering"]])
    (cut,) = source.row("select distinct as_of from found.list_metrics where split = 'validation'")
    _know(source, cut)
    run(f"create table truth.future as {_sql('future')}")
    _show(source, "select distinct user_id from truth.future")
    run(f"create table truth.list_metrics as {_sql('list_metrics')}")
    _know(source, "infinity")
    _show(source, "select distinct user_id from found.recommendations")
    return source


def _sql(name: str) -> str:
    return (TRUTH / "analyses" / f"{name}.sql").read_text(encoding="utf-8")


def _know(source: Checked, until: object) -> None:
    source.connection.execute("set variable until = ?", [until])
    source.connection.execute(_sql("known"))
    source.connection.execute(f"create or replace table truth.item_pairs as {_sql('item_pairs')}")


def _show(source: Checked, users: str) -> None:
    strengths = source.connection.execute(_sql("learnable")).df()
    learned = [
        factors.best(strengths, places=60, seed=seed, **LEARNED).assign(model=f"als {seed}")  # type: ignore[arg-type]
        for seed in range(STARTS)
    ]
    source.connection.register("learned", pd.concat(learned))
    source.connection.execute("create or replace table truth.learned as from learned")
    source.connection.execute(f"create or replace table truth.wanted as {users}")
    source.connection.execute(f"create or replace table truth.lists as {_sql('lists')}")


def _differences(source: Checked, table: str, *key: str, found: str = "", without: tuple[str, ...] = ()) -> str:
    return differences(
        source.connection,
        found=f"found.{found or table}",
        expected=f"truth.{table}",
        key=key,
        without=("source", *without),
        near=NEAR,
    )


def _overlap(source: Checked, one: str, other: str) -> float:
    """Share of the places of one relation (user_id, product_id) whose product the other shows to the user as well."""
    return float(source.row(f"select avg(if((user_id, product_id) in ({other}), 1, 0)) from ({one})")[0])


class Analyses:
    """Tests of every source."""

    def test_pairs_equal_an_independent_computation(self, analyzed: Checked):
        assert _differences(analyzed, "item_pairs", "kind", "product_id", "other_product_id") == ""

    def test_what_customers_did_equals_an_independent_computation(self, analyzed: Checked):
        if analyzed.row("select count(*) from truth.customer_features")[0] < LEAST:
            assert analyzed.row("select count(*) from found.customer_segments") == (0,)
        else:
            assert (
                _differences(
                    analyzed, "customer_features", "customer_id", found="customer_segments", without=("segment", "segment_name")
                )
                == ""
            )

    def test_segments_add_up_to_what_an_independent_computation_says(self, analyzed: Checked):
        assert _differences(analyzed, "segment_profile", "segment", without=JUDGED) == ""
        worth = analyzed.rows("select net_amount / customers as worth from truth.segment_profile order by segment")
        assert all(one["worth"] >= other["worth"] for one, other in itertools.pairwise(worth))

    def test_segments_are_those_of_another_k_means(self, analyzed: Checked):
        """A fixed point of k-means, as tight as the best of ten others, named and judged as they would be."""
        customers = analyzed.connection.execute("from found.customer_segments order by customer_id").df()
        if customers.empty:
            assert analyzed.row("select count(*) from found.segment_profile") == (0,)
            return
        points, labels = clusters.points(customers), customers["segment"].to_numpy()
        profile = analyzed.rows("from found.segment_profile order by segment")
        k = len(profile)
        assert clusters.strays(points, labels) <= 0.005
        assert clusters.inertia(points, labels) <= 1.05 * clusters.rival(points, k).inertia_
        assert [clusters.name(center) for center in clusters.centers(points, labels)] == [row["segment_name"] for row in profile]
        told = {name: profile[0][name] for name in JUDGED}
        assert told["silhouette"] == pytest.approx(clusters.silhouette(points, labels), abs=NEAR)
        others = clusters.stabilities(points, k)
        assert min(others) - 0.05 <= told["stability_low"] <= told["stability"] <= told["stability_high"] <= max(others) + 0.05
        rivals = [clusters.rival(points, other).labels_ for other in (2, 3)]
        assert adjusted_rand_score(labels, rivals[k - 2]) >= min(others) - 0.05
        # Where groups change with the customers drawn, so they do with where k-means began.
        if min(others) > 0.6:
            assert told["silhouette"] >= max(clusters.silhouette(points, rival) for rival in rivals) - 0.05

    def test_lists_equal_an_independent_computation(self, analyzed: Checked):
        """Factors hang on where they began, so their lists need only be as near to others as those are to each other."""
        (winner,) = analyzed.row("select any_value(model) from found.list_metrics where is_published")
        analyzed.connection.execute(
            "create or replace table truth.published as select distinct user_id, if(user_id = '(new)', 'popularity', ?) as model "
            "from found.recommendations where user_id = '(new)' or ? <> 'als'",
            [winner, winner],
        )
        assert analyzed.rows("select * from truth.published where user_id = '(new)'")
        assert analyzed.rows(_sql("misplaced")) == []
        (active,) = analyzed.row(
            "select count(distinct user_id) from truth.interactions "
            "where instant >= (select max(instant) - interval 180 day from truth.interactions)"
        )
        assert analyzed.row("select count(distinct user_id) from found.recommendations") == (active + 1,)
        if winner == "als":
            ours = "select user_id, product_id from found.recommendations where user_id <> '(new)'"
            theirs = [
                f"select user_id, product_id from truth.lists where model = 'als {seed}' and rank <= 10 and user_id <> '(new)'"
                for seed in range(STARTS)
            ]
            among = min(_overlap(analyzed, one, other) for one, other in itertools.combinations(theirs, 2))
            assert min(_overlap(analyzed, ours, other) for other in theirs) >= 0.8 * among

    def test_metrics_of_lists_equal_an_independent_computation(self, analyzed: Checked):
        analyzed.connection.execute(
            "create or replace view found.test_metrics as from found.list_metrics where split = 'test' and model <> 'als'; "
            "create or replace view truth.test_metrics as from truth.list_metrics where model not like 'als %'"
        )
        kept = ("job", "split", "parameters", "is_published", "as_of")
        assert _differences(analyzed, "test_metrics", "model", "metric", without=kept) == ""

    def test_metrics_of_factors_are_those_of_other_factors(self, analyzed: Checked):
        rows = analyzed.rows(
            "select f.metric, f.score, f.ci_low, f.ci_high, f.sample_size, avg(t.score) as expected, "
            "any_value(t.sample_size) as expected_cases "
            "from found.list_metrics as f left join truth.list_metrics as t on t.metric = f.metric and t.model like 'als %' "
            "where f.model = 'als' and f.split = 'test' group by all"
        )
        assert {"hit_rate_10", "ndcg_10", "map_10", "coverage"} <= {row["metric"] for row in rows}
        for row in rows:
            assert row["sample_size"] == row["expected_cases"]
            if row["ci_low"] is None:
                assert row["score"] == pytest.approx(row["expected"], rel=0.1)
            else:
                assert row["ci_low"] <= row["expected"] <= row["ci_high"]

    def test_time_is_cut_where_it_should_be_and_the_best_is_published(self, analyzed: Checked):
        cuts = analyzed.rows("select distinct split, as_of from found.list_metrics order by as_of")
        assert [row["split"] for row in cuts] == ["validation", "test"]
        (share, latest) = analyzed.row(
            f"select count_if(instant < timestamp '{cuts[0]['as_of']:%Y-%m-%d %H:%M:%S.%f}') / count(*), max(instant) "
            "from truth.interactions"
        )
        assert share == pytest.approx(0.85, abs=0.001)
        assert cuts[1]["as_of"].replace(tzinfo=None) == latest.replace(tzinfo=None)
        tried = analyzed.rows("from found.list_metrics where split = 'validation' and metric = 'ndcg_10'")
        best = max(row["score"] for row in tried)
        assert [row["score"] for row in tried if row["is_published"]] == [best]


def _bought(source: Checked, until: date) -> pd.DataFrame:
    """customer_id, day and value of the purchases known at the end of a day."""
    source.connection.execute("set variable until = ?", [until])
    return source.connection.execute(_sql("purchases")).df()


def _foretold(bought: pd.DataFrame, model: dict[str, Any], cut: date, days: int) -> pd.DataFrame:
    """By customer_id: purchases and value that the model expects within so many days of the cut."""
    ordered = bought.sort_values("day").groupby("customer_id")
    x, first, last = ordered["day"].count() - 1, ordered["day"].min(), ordered["day"].max()
    t_x, age = ((until - first).dt.days.to_numpy(dtype=float) for until in (last, pd.Series(pd.Timestamp(cut), first.index)))
    mean = (ordered["value"].sum() - ordered["value"].first()) / x.where(x > 0)
    counts = np.zeros(len(x))
    for who, part in repeat_buying.groups(model, age):
        counts[who] = repeat_buying.purchases(part, x.to_numpy(dtype=float)[who], t_x[who], age[who], days)
    worth = repeat_buying.value(model, x.to_numpy(dtype=float), mean.to_numpy())
    return pd.DataFrame({"purchases": counts, "value": counts * worth}, x.index)


def _came(bought: pd.DataFrame, after: date, days: int, customers: pd.Index) -> pd.DataFrame:
    """By customer_id: purchases and value of so many days after a day."""
    start = pd.Timestamp(after)
    within = bought[(bought["day"] > start) & (bought["day"] <= start + timedelta(days))].groupby("customer_id")["value"]
    return within.agg(["count", "sum"]).set_axis(["purchases", "value"], axis=1).reindex(customers, fill_value=0.0)


class Values:
    """Tests of every source."""

    def test_what_customers_brought_equals_an_independent_computation(self, valued: Checked):
        run = valued.connection.execute
        run(f"create or replace view truth.past as {_sql('histories')}")
        names = ", ".join(name for name, *_ in run("describe truth.past").fetchall())
        run(f"create or replace view found.past as select {names} from found.customer_value")
        assert _differences(valued, "past", "customer_id") == ""

    def test_what_is_expected_is_what_the_papers_say(self, valued: Checked):
        """By the models told, or where none was judged, so that none is told, by those that SciPy finds likeliest."""
        told = valued.connection.execute("from found.customer_value where tenure_days is not null order by customer_id").df()
        x, t_x, age = (
            told[name].to_numpy(dtype=float) for name in ("repeat_purchases", "days_first_to_last_purchase", "tenure_days")
        )
        mean = told["mean_purchase_value"].astype(float).to_numpy()
        back = (x > 0) & (mean > 0)
        if back.sum() < LEAST:
            assert told["expected_purchases_90"].isna().all()
            return
        parameters = valued.rows("select any_value(parameters) as parameters from found.model_metrics")[0]["parameters"]
        if parameters:
            value = json.loads(parameters)["published"]
            groups, near = repeat_buying.groups(value, age), 1e-6
        else:
            # where hardly anybody leaves, or all spend alike, many models are as likely
            groups, value, near = repeat_buying.fit_groups(x, t_x, age), repeat_buying.fit_value(x[back], mean[back]), 0.01
        worth = repeat_buying.value(value, x, mean)
        assert told["expected_purchase_value"].astype(float).to_numpy() == pytest.approx(worth, rel=near, abs=1e-4)
        for who, model in groups:
            of = told[who]
            alive = repeat_buying.alive(model, x[who], t_x[who], age[who])
            assert of["probability_alive"].to_numpy() == pytest.approx(alive, rel=near)
            for days in (90, 180, 365):
                count = repeat_buying.purchases(model, x[who], t_x[who], age[who], days)
                assert of[f"expected_purchases_{days}"].to_numpy() == pytest.approx(count, rel=near)
                amount = of[f"expected_value_{days}"].astype(float).to_numpy()
                assert amount == pytest.approx(np.multiply(count, worth[who]), rel=2 * near, abs=1e-3)

    def test_time_held_back_judges_the_models_as_an_independent_computation_does(self, valued: Checked):
        rows = {row["metric"]: row for row in valued.rows("from found.model_metrics")}
        if not rows:
            # no cut had as many days before it as are to be foretold
            assert valued.row("select coalesce(max(tenure_days), 0) < 182 + 90 from found.customer_value") == (True,)
            return
        parameters = json.loads(next(iter(rows.values()))["parameters"])
        as_of = next(iter(rows.values()))["as_of"].date()
        models = {date.fromisoformat(name[6:]): model for name, model in parameters.items() if name.startswith("until_")}
        after, expected = _bought(valued, as_of), {}
        for days in (90, 180):
            cases = []
            for cut in (cut for cut in models if cut + timedelta(days) <= as_of):
                before = _bought(valued, cut)
                foretold = _foretold(before, models[cut], cut, days)
                came = _came(after, cut, days, foretold.index)
                last = _came(before, cut - timedelta(days), days, foretold.index)
                cases.append(pd.concat({"miss": foretold - came, "last_miss": last - came, "came": came}, axis=1))
            told = pd.concat(cases)
            for name in ("purchases", "value"):
                miss, last_miss, came = (told[part, name] for part in ("miss", "last_miss", "came"))
                share = len(told) / came.sum()
                expected[f"mae_{name}_{days}"] = (miss.abs(), last_miss.abs().mean())
                expected[f"improvement_{name}_{days}"] = (last_miss.abs() - miss.abs(), 0.0)
                expected[f"bias_{name}_{days}"] = (miss * share, last_miss.mean() * share)
        assert rows.keys() == expected.keys()
        for metric, (each, baseline) in expected.items():
            row, half = rows[metric], 1.96 * each.std() / len(each) ** 0.5
            assert row["sample_size"] == len(each)
            assert (row["score"], row["baseline_score"]) == pytest.approx((each.mean(), baseline), rel=1e-5, abs=1e-9)
            assert (row["ci_low"], row["ci_high"]) == pytest.approx((each.mean() - half, each.mean() + half), rel=1e-3)
