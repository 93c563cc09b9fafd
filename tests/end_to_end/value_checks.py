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


def _baselines(purchases: pd.DataFrame, cut: date, days: int) -> dict[str, pd.DataFrame]:
    """By method and customer_id: what each baseline predicts for a number of days after the cut, from purchases until then."""
    sums = purchases.groupby("customer_id").agg(purchases=("value", "size"), value=("value", "sum"), first=("day", "min"))
    tenure, totals = (pd.Timestamp(cut) - sums["first"]).dt.days, sums[["purchases", "value"]].round(4)
    previous = _observe(purchases, cut - timedelta(days), days, sums.index)
    known = previous[tenure >= days] if (tenure >= days).any() else previous
    return {
        "own_rate": totals.mul(days / tenure.clip(lower=days), axis=0),
        "naive_previous_period": previous,
        "constant_mean": previous * 0.0 + known.mean(),
        "zero": previous * 0.0,
    }


def _observe(purchases: pd.DataFrame, after: date, days: int, customers: pd.Index) -> pd.DataFrame:
    """By customer_id: purchases and value in a number of days after a day."""
    start = pd.Timestamp(after)
    within = purchases[(purchases["day"] > start) & (purchases["day"] <= start + timedelta(days))]
    sums = within.groupby("customer_id")["value"].agg(["count", "sum"])
    return sums.set_axis(["purchases", "value"], axis=1).reindex(customers, fill_value=0.0).round(4)


class ValueChecks:
    """Checks for every source."""

    def test_purchase_history_equals_an_independent_computation(self, valued: CheckedSource):
        run = valued.connection.execute
        run(f"create or replace view truth.past as {sql('histories')}")
        names = ", ".join(name for name, *_ in run("describe truth.past").fetchall())
        run(f"create or replace view lake.past as select {names} from lake.customer_value")
        assert differences_of(valued, "past", "customer_id") == ""

    def test_the_models_follow_the_papers(self, valued: CheckedSource):
        """By the published parameters; where none were published, by SciPy's best fit."""
        rows = valued.connection.execute("from lake.customer_value where tenure_days is not null order by customer_id").df()
        x, t_x, age = (
            rows[name].to_numpy(dtype=float) for name in ("repeat_purchases", "days_first_to_last_purchase", "tenure_days")
        )
        mean = rows["mean_purchase_value"].astype(float).to_numpy()
        repeat_buyers = (x > 0) & (mean > 0)
        if repeat_buyers.sum() < MIN_REPEAT_BUYERS:
            assert rows[["expected_purchases_90", "expected_value_365", "purchases_method"]].isna().all(axis=None)
            return
        parameters = _parameters(valued)
        if parameters:
            value = parameters["published"]
            groups, tolerance = repeat_buying.groups(value, age), 1e-6
        else:
            # Where hardly anyone leaves, or everyone spends alike, many models are equally likely.
            groups, tolerance = repeat_buying.fit_groups(x, t_x, age), 0.01
            value = repeat_buying.fit_value(x[repeat_buyers], mean[repeat_buyers])
        worth = repeat_buying.value(value, x, mean)
        assert rows["expected_purchase_value"].astype(float).to_numpy() == pytest.approx(worth, rel=tolerance, abs=1e-4)
        for members, model in groups:
            alive = repeat_buying.alive(model, x[members], t_x[members], age[members])
            assert rows[members]["probability_alive"].to_numpy() == pytest.approx(alive, rel=tolerance)

    def test_predictions_are_those_of_the_published_method(self, valued: CheckedSource):
        rows = (
            valued.connection.execute("from lake.customer_value where purchases_method is not null").df().set_index("customer_id")
        )
        if rows.empty:
            return
        as_of, parameters = rows["as_of"].iloc[0].date(), _parameters(valued)
        known = _purchases(valued, as_of)
        for days in (90, 180, 365):
            methods = _baselines(known, as_of, days)
            if parameters:
                methods["bg_nbd_gamma_gamma"] = _predict(known, parameters["published"], as_of, days)
            for target in ("purchases", "value"):
                (method,) = rows[f"{target}_method"].unique()
                expected = methods[method][target].reindex(rows.index).to_numpy()
                assert rows[f"expected_{target}_{days}"].astype(float).to_numpy() == pytest.approx(expected, rel=1e-5, abs=1e-3)

    def test_backtest_equals_an_independent_computation(self, valued: CheckedSource):
        rows = {(row["model"], row["metric"]): row for row in valued.rows("from lake.model_metrics")}
        if not rows:
            # No cut leaves as many days before it as the backtest predicts, or too few customers came back.
            longest, returned = valued.row("select max(tenure_days), count_if(repeat_purchases > 0) from lake.customer_value")
            assert (longest or 0) < 182 + 90 or returned < 2 * MIN_REPEAT_BUYERS
            return
        for target, days, cases in _backtest(valued, next(iter(rows.values()))["as_of"].date()):
            suffix, actual = f"{target}_{days}", cases["actual"].to_numpy()
            roots = {}
            for method in cases.columns.difference(["actual"]):
                forecast = cases[method].to_numpy()
                expected = _measures(actual, forecast, counts=target == "purchases")
                roots[method] = expected["rmse"]
                measured = {name: rows[method, f"{name}_{suffix}"]["score"] for name in expected}
                assert measured == pytest.approx(expected, rel=1e-4, abs=1e-4), (method, suffix)
                assert rows[method, f"rmse_{suffix}"]["sample_size"] == len(cases)
            _check_decision(rows, cases, roots, suffix)


def _check_decision(
    rows: dict[tuple[str, str], dict[str, Any]], cases: pd.DataFrame, roots: dict[str, float], suffix: str
) -> None:
    """The improvement on the best baseline, with an interval by resampling customers; no models without one above 0."""
    model = roots.pop("bg_nbd_gamma_gamma")
    best = min(roots, key=lambda name: roots[name])
    gain = rows["bg_nbd_gamma_gamma", f"improvement_{suffix}"]
    assert (gain["baseline"], gain["score"]) == (best, pytest.approx(roots[best] - model, rel=1e-3, abs=1e-4))
    squares = (cases[[best, "bg_nbd_gamma_gamma"]].sub(cases["actual"], axis=0) ** 2).groupby(level=0).sum().to_numpy()
    difference, random = squares[:, 0] - squares[:, 1], np.random.default_rng(0)
    sums = [difference[random.integers(0, len(difference), len(difference))].sum() for _ in range(1000)]
    half = 1.959964 * float(np.std(sums)) / len(cases) / (roots[best] + model)
    assert (gain["ci_high"] - gain["ci_low"]) / 2 == pytest.approx(half, rel=0.15)
    if gain["ci_low"] <= 0:
        assert not gain["is_published"]


def _parameters(source: CheckedSource) -> dict[str, Any]:
    """Those of the models; {} where none were backtested."""
    rows = source.rows("select any_value(parameters) as found from lake.model_metrics where model = 'bg_nbd_gamma_gamma'")
    return json.loads(rows[0]["found"]) if rows[0]["found"] else {}


def _measures(actual: np.ndarray, forecast: np.ndarray, *, counts: bool) -> dict[str, float]:
    """By scikit-learn, SciPy and pandas."""
    from scipy.stats import spearmanr
    from sklearn.metrics import mean_absolute_error, mean_poisson_deviance, root_mean_squared_error

    ranks, constant = pd.Series(forecast).rank(), np.ptp(forecast) == 0
    order, perfect = (np.cov(by, actual)[0, 1] for by in (ranks, pd.Series(actual).rank()))
    tenth = np.ceil((1 - (ranks - 0.5) / len(ranks)) * 10 - 1e-9)
    sums = pd.DataFrame({"off": forecast - actual}).groupby(tenth.to_numpy())["off"].sum()
    measures = {
        "rmse": root_mean_squared_error(actual, forecast),
        "spearman": 0.0 if constant else spearmanr(actual, forecast).statistic,
        "gini": 0.0 if constant else order / perfect,
        "bias": forecast.sum() / actual.sum() - 1,
        "calibration": sums.abs().sum() / actual.sum(),
        "mae": mean_absolute_error(actual, forecast),
    }
    return measures | ({"poisson_deviance": mean_poisson_deviance(actual, forecast)} if counts and (forecast > 0).all() else {})


def _backtest(source: CheckedSource, as_of: date) -> list[tuple[str, int, pd.DataFrame]]:
    """By target and days: what each customer did after each cut, and what each method predicted."""
    models = {date.fromisoformat(name[6:]): model for name, model in _parameters(source).items() if name.startswith("until_")}
    known, results = _purchases(source, as_of), []
    for days in (90, 180):
        cuts = []
        for cut in (cut for cut in models if (as_of - cut).days in (182, 182 - 90) and cut + timedelta(days) <= as_of):
            before = _purchases(source, cut)
            methods = {**_baselines(before, cut, days), "bg_nbd_gamma_gamma": _predict(before, models[cut], cut, days)}
            customers = methods["zero"].index
            methods = {name: forecast.reindex(customers) for name, forecast in methods.items()}
            cuts.append(pd.concat({**methods, "actual": _observe(known, cut, days, customers)}, axis=1))
        if cuts:
            cases = pd.concat(cuts)
            results += [(target, days, cases.xs(target, axis=1, level=1)) for target in ("purchases", "value")]
    return results
