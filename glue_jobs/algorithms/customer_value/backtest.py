"""Backtest customer value: forecasts of every method on held-back periods, and the methods to publish.

Models are fitted only on purchases before each cutoff, and only customers known at the cutoff are judged. Spark computes the
forecasts and what happened. The driver judges at most MAX_FIT_CUSTOMERS customers per cutoff, sampled by hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from glue_jobs.algorithms.customer_value.forecasts import BASELINES, MODEL, OWN_RATE, TARGETS, forecasts
from glue_jobs.algorithms.customer_value.judging import Cases, Estimate, Floats, improvement, judge, tenths
from glue_jobs.algorithms.customer_value.models import MAX_FIT_CUSTOMERS, fit
from glue_jobs.algorithms.customer_value.purchases import histories, purchases


@dataclass(frozen=True)
class Score:
    """A metric of one method, <measure>_<target>_<days>; the model's next to that of the best baseline."""

    model: str
    metric: str
    estimate: Estimate
    sample_size: int
    baseline: str | None = None
    baseline_score: float | None = None

    @property
    def target(self) -> str:
        """purchases or value."""
        return next(target for target in TARGETS if f"_{target}_" in self.metric)


@dataclass(frozen=True)
class Comparison:
    """Forecasts of one target over one horizon, and what happened; `methods` lacks MODEL where it could not be fitted."""

    target: str
    days: int
    cases: Cases
    methods: Mapping[str, Floats]

    @property
    def best_baseline(self) -> str:
        """The baseline with the lowest RMSE."""
        return min(BASELINES, key=lambda name: float(np.mean((self.methods[name] - self.cases.actual) ** 2)))

    @property
    def gain(self) -> Estimate | None:
        """By how much the model's RMSE is below that of the best baseline."""
        model = self.methods.get(MODEL)
        return None if model is None else improvement(self.cases, model, self.methods[self.best_baseline])

    @property
    def is_won(self) -> bool:
        """Whether the model beats the best baseline by an interval."""
        return self.gain is not None and (self.gain.ci_low or 0.0) > 0

    def scores(self, published: str) -> Iterator[Score]:
        """Of every method; of the published one also the mean forecast and actual of each tenth."""
        suffix, size, best = f"{self.target}_{self.days}", len(self.cases.actual), self.best_baseline
        counts = self.target == "purchases"
        measured = {name: judge(self.cases, forecast, counts=counts) for name, forecast in self.methods.items()}
        for name, measures in measured.items():
            for measure, estimate in measures.items():
                other = measured[best].get(measure) if name == MODEL else None
                compared = (best, other.value) if other else (None, None)
                yield Score(name, f"{measure}_{suffix}", estimate, size, *compared)
        if self.gain:
            yield Score(MODEL, f"improvement_{suffix}", self.gain, size, best, 0.0)
        for tenth, members in tenths(self.methods[published]).items():
            group = Cases(self.cases.actual[members], self.cases.customers[members])
            mean = Estimate(float(self.methods[published][members].mean()))
            yield Score(published, f"forecast_{suffix}_tenth_{tenth}", mean, int(members.sum()))
            yield Score(published, f"actual_{suffix}_tenth_{tenth}", group.mean(group.actual), int(members.sum()))


@dataclass(frozen=True)
class Backtest:
    """All comparisons, the shortest horizon first, and the parameters of the models by cutoff."""

    comparisons: Sequence[Comparison]
    parameters: Mapping[str, object]

    def published(self, target: str, *, fitted: bool) -> str:
        """The models if they beat the best baseline at every horizon, else the baseline that is best at the shortest.

        They must also be `fitted` to all data. Where nothing could be judged, customers are expected to go on at their own rate.
        """
        judged = [comparison for comparison in self.comparisons if comparison.target == target]
        if not judged:
            return OWN_RATE
        return MODEL if fitted and all(comparison.is_won for comparison in judged) else judged[0].best_baseline

    def scores(self, published: Mapping[str, str]) -> list[Score]:
        """Of every method and horizon; `published` is the method of each target."""
        return [score for each in self.comparisons for score in each.scores(published[each.target])]


def backtest(
    lines: DataFrame, bought: DataFrame, *, as_of: date, days: int, horizons: Sequence[int], complete_history: bool
) -> Backtest:
    """Each horizon is judged from the start of the last `days` days, and again from the end of that period while it fits.

    Cutoffs with less history than a horizon, or with too few returning customers, are skipped. `bought` has the purchases as
    known at the end, `lines` what is known earlier.
    """
    by_cut: dict[date, list[int]] = {}
    for horizon in horizons:
        for again in range(days // horizon):
            by_cut.setdefault(as_of - timedelta(days=days - again * horizon), []).append(horizon)
    parts: dict[tuple[str, int], list[dict[str, Floats]]] = {}
    parameters: dict[str, object] = {}
    for cut, requested in sorted(by_cut.items()):
        before = purchases(lines, until=cut).persist()
        known = histories(before, as_of=cut).persist()
        longest = known.agg(F.max("age")).collect()[0][0] or 0
        possible = [horizon for horizon in requested if horizon <= longest]
        fitted = fit(known, complete_history=complete_history) if possible else None
        if fitted is None or fitted.too_few:
            continue
        if fitted.models:
            parameters[f"until_{cut}"] = fitted.models.parameters()
        forecast = forecasts(known, before, fitted.models, as_of=cut, horizons=possible)
        columns = _collect(outcomes(forecast, bought, cut=cut, horizons=possible))
        for target in TARGETS:
            for horizon in possible:
                parts.setdefault((target, horizon), []).append(_of(columns, target, horizon))
    comparisons = [_comparison(target, horizon, cuts) for (target, horizon), cuts in parts.items()]
    return Backtest(sorted(comparisons, key=lambda one: (one.days, TARGETS.index(one.target))), parameters)


def outcomes(forecast: DataFrame, after: DataFrame, *, cut: date, horizons: Sequence[int]) -> DataFrame:
    """The forecasts with actual_<target>_<days>: the purchases of `after` in as many days after the cutoff."""
    sums = []
    for days in horizons:
        within = (F.col("day") > F.lit(cut)) & (F.col("day") <= F.lit(cut + timedelta(days)))
        for target, amount in (("purchases", F.lit(1)), ("value", F.col("value"))):
            sums.append(F.sum(F.when(within, amount)).cast("double").alias(f"actual_{target}_{days}"))
    joined = forecast.join(after.groupBy("customer_id").agg(*sums), "customer_id", "left")
    return joined.fillna(0.0, [f"actual_{target}_{days}" for target in TARGETS for days in horizons])


def _collect(judged: DataFrame) -> dict[str, Floats]:
    """The columns of forecasts and outcomes, of customers sampled by hash, and `customers`, the hash."""
    names = [name for name in judged.columns if name.rpartition("_")[2].isdigit()]
    hashed = judged.select(F.xxhash64("customer_id").alias("customers"), "customer_id", *names)
    rows = hashed.orderBy("customers", "customer_id").limit(MAX_FIT_CUSTOMERS).drop("customer_id").collect()
    columns = zip(*rows, strict=True) if rows else [()] * (len(names) + 1)
    return {name: np.array(column) for name, column in zip(("customers", *names), columns, strict=True)}


def _of(columns: Mapping[str, Floats], target: str, days: int) -> dict[str, Floats]:
    """The columns of one target and horizon, without their suffix, and `customers`."""
    suffix = f"_{target}_{days}"
    chosen = {name.removesuffix(suffix): values for name, values in columns.items() if name.endswith(suffix)}
    return {"customers": columns["customers"], **chosen}


def _comparison(target: str, days: int, cuts: Sequence[Mapping[str, Floats]]) -> Comparison:
    in_all = [name for name in cuts[0] if all(name in cut for cut in cuts)]
    columns = {name: np.concatenate([cut[name] for cut in cuts]) for name in in_all}
    methods = {name: columns[name] for name in (MODEL, *BASELINES) if name in columns}
    return Comparison(target, days, Cases(columns["actual"], columns["customers"]), methods)
