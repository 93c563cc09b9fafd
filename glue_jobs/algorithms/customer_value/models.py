"""The two models of customer value fitted, and applied to every customer.

Spark makes the histories and applies the models. The driver fits them in NumPy on the four numbers of at most SAMPLE customers,
chosen by the hash of their ids, and holds beside those a row for each different (x, T), of which there are far fewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StructField, StructType

from glue_jobs.algorithms.customer_value.bg_nbd import BgNbd, fit_bg_nbd
from glue_jobs.algorithms.customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma
from glue_jobs.algorithms.customer_value.maximum_likelihood import Floats
from glue_jobs.lib.lake.ledger import literal_rows

SAMPLE = 200_000
# With fewer customers who came back, the parameters are guesses.
LEAST = 50
# Whoever is seen in the first days of a source was mostly a customer before, of those who buy often more than of others.
FIRST_DAYS = 31


@dataclass(frozen=True)
class Models:
    """How often, and for how much. Customers of at least `older_from` days are `older`, there when the source's data began."""

    newer: BgNbd
    older: BgNbd
    older_from: int
    value: GammaGamma

    def parameters(self) -> Mapping[str, object]:
        """By name, in days; those of customers there when the data began apart, where they have a model of their own."""
        told = {**_rounded(self.newer), **_rounded(self.value)}
        if self.older is self.newer:
            return told
        return {**told, "there_when_data_began": {"from_age_days": self.older_from, **_rounded(self.older)}}

    def orders_if_alive(self, x: Floats, age: Floats, horizon: float) -> Floats:
        """As `BgNbd.orders_if_alive`, by the model for customers of that age."""
        older, result = age >= self.older_from, np.empty_like(age)
        for model, group in ((self.older, older), (self.newer, ~older)):
            result[group] = model.orders_if_alive(x[group], age[group], horizon)
        return result

    def alive(self, x: Column, recency: Column, age: Column) -> Column:
        """As `BgNbd.alive`, by the model for customers of that age."""
        newer = self.newer.alive(x, recency, age)
        return F.when(age >= self.older_from, self.older.alive(x, recency, age)).otherwise(newer)


def _rounded(model: BgNbd | GammaGamma) -> Mapping[str, float]:
    return {name: float(f"{value:.9g}") for name, value in asdict(model).items()}


def fit(histories: DataFrame) -> Models | None:
    """The models for these customers (of purchases.histories); None where too few came back, or they do not tell them."""
    chosen = histories.select("customer_id", "x", "t_x", "age", F.col("mean").cast("double"))
    rows = chosen.orderBy(F.xxhash64("customer_id"), "customer_id").limit(SAMPLE).collect()
    numbers = np.array([[row.x, row.t_x, row.age, row.mean or 0.0] for row in rows], dtype=np.float64).reshape(-1, 4)
    back = numbers[(numbers[:, 0] > 0) & (numbers[:, 3] > 0)]
    if len(back) < LEAST:
        return None
    older_from = int(numbers[:, 2].max()) - FIRST_DAYS + 1
    were_there = numbers[:, 2] >= older_from
    newer, older = (_orders(numbers[group, :3]) for group in (~were_there, were_there))
    if not newer or not older:
        newer = older = _orders(numbers[:, :3])
    value = fit_gamma_gamma(back[:, 0], back[:, 3], np.ones(len(back)))
    return Models(newer, older, older_from, value) if newer and older and value else None


def _orders(histories: Floats) -> BgNbd | None:
    """For rows of x, t_x and age; None where too few came back to tell it."""
    if np.count_nonzero(histories[:, 0]) < LEAST:
        return None
    seen, weights = np.unique(histories, axis=0, return_counts=True)
    return fit_bg_nbd(seen[:, 0], seen[:, 1], seen[:, 2], weights.astype(np.float64))


def expected(histories: DataFrame, models: Models, *, horizons: Sequence[int]) -> DataFrame:
    """The histories with `alive`, `value` of a purchase, and `purchases_<horizon>` for each horizon, in days."""
    by_age = histories.join(F.broadcast(_if_alive(histories, models, horizons)), ["x", "age"])
    x, age = F.col("x"), F.col("age")
    alive = models.alive(x, F.col("t_x"), age)
    value = models.value.expected_value(x, F.col("mean").cast("double"))
    told = by_age.withColumns({"alive": alive, "value": F.greatest(value, F.lit(0.0))})
    return told.withColumns({f"purchases_{days}": F.col(f"if_alive_{days}") * F.col("alive") for days in horizons})


def _if_alive(histories: DataFrame, models: Models, horizons: Sequence[int]) -> DataFrame:
    """Expected purchases of those who have not left, by x and age: the part of the model that SQL has no function for."""
    pairs = sorted((row.x, row.age) for row in histories.select("x", "age").distinct().collect())
    x, age = (np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True)) if pairs else (np.zeros(0),) * 2
    told = {f"if_alive_{days}": models.orders_if_alive(x, age, float(days)).tolist() for days in horizons}
    rows = [
        {"x": pair[0], "age": pair[1]} | {name: values[place] for name, values in told.items()}
        for place, pair in enumerate(pairs)
    ]
    numbers = [StructField(name, DoubleType()) for name in told]
    return literal_rows(histories.sparkSession, rows, StructType([*(StructField(n, LongType()) for n in ("x", "age")), *numbers]))
