"""Check customer value against SQL on the raw files and against another implementation of BG/NBD and Gamma-Gamma."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from tests.end_to_end import repeat_buying
from tests.end_to_end.expected_tables import differences_of, sql
from tests.end_to_end.lake import CheckedSource
from tests.support.lazy import lazy

pd = lazy("pandas")

MIN_REPEAT_BUYERS = 50


def _purchases(source: CheckedSource, until: date) -> pd.DataFrame:
    """customer_id, day and value of the purchases known at the end of a day."""
    source.connection.execute("set variable until = ?", [until])
    return source.connection.execute(sql("purchases")).df()


def _predict(purchases: pd.DataFrame, model: dict[str, Any], cut: date, days: int) -> pd.DataFrame:
    """By customer_id: purchases and value that the model predicts for a number of days after the cut."""
    ordered = purchases.sort_values("day").groupby("customer_id")
    x, first, last = ordered["day"].count() - 1, ordered["day"].min(), ordered["day"].max()
    t_x, age = ((until - first).dt.days.to_numpy(dtype=float) for until in (last, pd.Series(pd.Timestamp(cut), first.index)))
    mean = (ordered["value"].sum() - ordered["value"].first()) / x.where(x > 0)
    counts = np.zeros(len(x))
    for rows, part in repeat_buying.groups(model, age):
        counts[rows] = repeat_buying.purchases(part, x.to_numpy(dtype=float)[rows], t_x[rows], age[rows], days)
    worth = repeat_buying.value(model, x.to_numpy(dtype=float), mean.to_numpy())
    return pd.DataFrame({"purchases": counts, "value": counts * worth}, x.index)


def _observe(purchases: pd.DataFrame, after: date, days: int, customers: pd.Index) -> pd.DataFrame:
    """By customer_id: purchases and value in a number of days after a day."""
    start = pd.Timestamp(after)
    within = purchases[(purchases["day"] > start) & (purchases["day"] <= start + timedelta(days))]
    sums = within.groupby("customer_id")["value"].agg(["count", "sum"])
    return sums.set_axis(["purchases", "value"], axis=1).reindex(customers, fill_value=0.0)


class ValueChecks:
    """Checks for every source."""

    def test_purchase_history_equals_an_independent_computation(self, valued: CheckedSource):
        run = valued.connection.execute
        run(f"create or replace view truth.past as {sql('histories')}")
        names = ", ".join(name for name, *_ in run("describe truth.past").fetchall())
        run(f"create or replace view lake.past as select {names} from lake.customer_value")
        assert differences_of(valued, "past", "customer_id") == ""

    def test_predictions_follow_the_papers(self, valued: CheckedSource):
        """By the published parameters; where no model was backtested, so none was published, by SciPy's best fit."""
        rows = valued.connection.execute("from lake.customer_value where tenure_days is not null order by customer_id").df()
        x, t_x, age = (
            rows[name].to_numpy(dtype=float) for name in ("repeat_purchases", "days_first_to_last_purchase", "tenure_days")
        )
        mean = rows["mean_purchase_value"].astype(float).to_numpy()
        repeat_buyers = (x > 0) & (mean > 0)
        if repeat_buyers.sum() < MIN_REPEAT_BUYERS:
            assert rows["expected_purchases_90"].isna().all()
            return
        parameters = valued.rows("select any_value(parameters) as parameters from lake.model_metrics")[0]["parameters"]
        if parameters:
            value = json.loads(parameters)["published"]
            groups, tolerance = repeat_buying.groups(value, age), 1e-6
        else:
            # Where hardly anyone leaves, or everyone spends alike, many models are equally likely.
            groups, tolerance = repeat_buying.fit_groups(x, t_x, age), 0.01
            value = repeat_buying.fit_value(x[repeat_buyers], mean[repeat_buyers])
        worth = repeat_buying.value(value, x, mean)
        assert rows["expected_purchase_value"].astype(float).to_numpy() == pytest.approx(worth, rel=tolerance, abs=1e-4)
        for members, model in groups:
            group = rows[members]
            alive = repeat_buying.alive(model, x[members], t_x[members], age[members])
            assert group["probability_alive"].to_numpy() == pytest.approx(alive, rel=tolerance)
            for days in (90, 180, 365):
                count = repeat_buying.purchases(model, x[members], t_x[members], age[members], days)
                assert group[f"expected_purchases_{days}"].to_numpy() == pytest.approx(count, rel=tolerance)
                amount = group[f"expected_value_{days}"].astype(float).to_numpy()
                assert amount == pytest.approx(np.multiply(count, worth[members]), rel=2 * tolerance, abs=1e-3)

    def test_backtest_equals_an_independent_computation(self, valued: CheckedSource):
        rows = {row["metric"]: row for row in valued.rows("from lake.model_metrics")}
        if not rows:
            # No cut leaves as many days before it as the backtest predicts.
            assert valued.row("select coalesce(max(tenure_days), 0) < 182 + 90 from lake.customer_value") == (True,)
            return
        expected = _backtest(valued, next(iter(rows.values())))
        assert rows.keys() == expected.keys()
        for metric, (each, baseline) in expected.items():
            row, half = rows[metric], 1.96 * each.std() / len(each) ** 0.5
            assert row["sample_size"] == len(each)
            assert (row["score"], row["baseline_score"]) == pytest.approx((each.mean(), baseline), rel=1e-5, abs=1e-9)
            assert (row["ci_low"], row["ci_high"]) == pytest.approx((each.mean() - half, each.mean() + half), rel=1e-3)


def _backtest(source: CheckedSource, metric: dict[str, Any]) -> dict[str, tuple[pd.Series, float]]:
    """By metric: its value for each customer and cut, and the mean of the naive prediction, the previous period."""
    as_of = metric["as_of"].date()
    fitted = {name: model for name, model in json.loads(metric["parameters"]).items() if name.startswith("until_")}
    models = {date.fromisoformat(name[6:]): model for name, model in fitted.items()}
    known, expected = _purchases(source, as_of), {}
    for days in (90, 180):
        cases = []
        for cut in (cut for cut in models if cut + timedelta(days) <= as_of):
            before = _purchases(source, cut)
            predicted = _predict(before, models[cut], cut, days)
            observed = _observe(known, cut, days, predicted.index)
            previous = _observe(before, cut - timedelta(days), days, predicted.index)
            parts = {"error": predicted - observed, "naive_error": previous - observed, "observed": observed}
            cases.append(pd.concat(parts, axis=1))
        customers = pd.concat(cases)
        for name in ("purchases", "value"):
            error, naive_error, observed = (customers[part, name] for part in ("error", "naive_error", "observed"))
            share = len(customers) / observed.sum()
            expected[f"mae_{name}_{days}"] = (error.abs(), naive_error.abs().mean())
            expected[f"improvement_{name}_{days}"] = (naive_error.abs() - error.abs(), 0.0)
            expected[f"bias_{name}_{days}"] = (error * share, naive_error.mean() * share)
    return expected
