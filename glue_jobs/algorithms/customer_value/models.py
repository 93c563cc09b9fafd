"""Fit the two models of customer value, and predict every customer.

Spark builds the histories and applies the models. The driver fits them in NumPy on four numbers each of at most
MAX_FIT_CUSTOMERS customers, sampled by hash, and holds a row per distinct (x, T), of which there are far fewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StructField, StructType

from glue_jobs.algorithms.customer_value.bg_nbd import BgNbd, fit_bg_nbd
from glue_jobs.algorithms.customer_value.gamma_gamma import GammaGamma, fit_gamma_gamma
from glue_jobs.algorithms.customer_value.maximum_likelihood import Floats
from glue_jobs.lib.lake.ledger import literal_rows

MAX_FIT_CUSTOMERS = 200_000
# With fewer returning customers the parameters are unreliable.
MIN_RETURNING_CUSTOMERS = 50
# Of a shop older than its data, most customers of the first days were customers before; frequent buyers are overrepresented.
OLDER_WITHIN_DAYS = 31
NO_PREDICTIONS = "customer_value has no predictions."
FLAT = "very different values are equally likely, so use the predictions and not these parameters."


@dataclass(frozen=True)
class Models:
    """Frequency and value. Customers with at least `older_from` days of tenure were customers when the data began."""

    newer: BgNbd
    older: BgNbd
    older_from: int
    value: GammaGamma

    def parameters(self) -> Mapping[str, object]:
        """By name, in days. Customers from before the data began are listed separately if they have their own model."""
        parameters = {**_rounded(self.newer), **_rounded(self.value)}
        if self.older is self.newer:
            return parameters
        return {**parameters, "there_when_data_began": {"from_age_days": self.older_from, **_rounded(self.older)}}

    def orders_if_alive(self, x: Floats, age: Floats, horizon: float) -> Floats:
        """As `BgNbd.orders_if_alive`, with the model for customers of that age."""
        older, result = age >= self.older_from, np.empty_like(age)
        for model, group in ((self.older, older), (self.newer, ~older)):
            result[group] = model.orders_if_alive(x[group], age[group], horizon)
        return result

    def alive(self, x: Column, recency: Column, age: Column) -> Column:
        """As `BgNbd.probability_alive`, as a column, with the model for customers of that age."""
        older, newer = (model.odds_of_having_left(x, recency, age) for model in (self.older, self.newer))
        odds = F.when(age >= self.older_from, older).otherwise(newer)
        return F.when(x > 0, 1 / (1 + odds)).otherwise(F.lit(1.0))

    def undetermined(self) -> str:
        """A sentence about parameters that the data leave open; '' if there are none."""
        fits: list[tuple[str, BgNbd | GammaGamma]] = [("BG/NBD", self.newer), ("Gamma-Gamma", self.value)]
        if self.older is not self.newer:
            fits.append(("BG/NBD for customers from before the data began", self.older))
        parts = [f"{', '.join(fit.undetermined)} of {name}" for name, fit in fits if fit.undetermined]
        return f"the data do not determine {' and '.join(parts)}; {FLAT}" if parts else ""


def _rounded(model: BgNbd | GammaGamma) -> Mapping[str, float]:
    return {item.name: float(f"{getattr(model, item.name):.9g}") for item in fields(model) if item.name != "undetermined"}


class Fitted(NamedTuple):
    """The models, and a sentence that says why there are none or which parameters the data leave open; '' if all is well.

    With `too_few` returning customers no forecast of any method is worth publishing.
    """

    models: Models | None
    notice: str
    too_few: bool = False


def fit(histories: DataFrame, *, complete_history: bool) -> Fitted:
    """Fit to customers (of purchases.histories). No models if too few customers came back, or if a model has no maximum.

    With `complete_history` the data begin with the shop, so its first customers are like all others.
    """
    chosen = histories.select("customer_id", "x", "t_x", "age", F.col("mean").cast("double"))
    rows = chosen.orderBy(F.xxhash64("customer_id"), "customer_id").limit(MAX_FIT_CUSTOMERS).collect()
    numbers = np.array([[row.x, row.t_x, row.age, row.mean or 0.0] for row in rows], dtype=np.float64).reshape(-1, 4)
    returning = numbers[(numbers[:, 0] > 0) & (numbers[:, 3] > 0)]
    if len(returning) < MIN_RETURNING_CUSTOMERS:
        few = f"{len(returning)} customers came back, and forecasts need {MIN_RETURNING_CUSTOMERS}; {NO_PREDICTIONS}"
        return Fitted(None, few, too_few=True)
    older_from = int(numbers[:, 2].max()) - OLDER_WITHIN_DAYS + 1
    is_older = numbers[:, 2] >= older_from
    newer = older = None
    if not complete_history:
        newer, older = (_orders(numbers[group, :3]) for group in (~is_older, is_older))
    if not newer or not older:
        newer = older = _orders(numbers[:, :3])
    value = _worth(returning[:, [0, 3]])
    if newer and older and value:
        models = Models(newer, older, older_from, value)
        return Fitted(models, models.undetermined())
    name = "Gamma-Gamma" if newer else "BG/NBD"
    return Fitted(None, f"the likelihood of {name} has no maximum for these customers.")


def _orders(histories: Floats) -> BgNbd | None:
    """Fit to rows of x, t_x and age. None if too few came back."""
    if np.count_nonzero(histories[:, 0]) < MIN_RETURNING_CUSTOMERS:
        return None
    seen, weights = np.unique(histories, axis=0, return_counts=True)
    return fit_bg_nbd(seen[:, 0], seen[:, 1], seen[:, 2], weights.astype(np.float64))


def _worth(histories: Floats) -> GammaGamma | None:
    """Fit to rows of x and mean, both positive."""
    seen, weights = np.unique(histories, axis=0, return_counts=True)
    return fit_gamma_gamma(seen[:, 0], seen[:, 1], weights.astype(np.float64))


def predict(histories: DataFrame, models: Models, *, horizons: Sequence[int]) -> DataFrame:
    """The histories with `alive`, `value` per purchase, and `purchases_<horizon>` for each horizon in days."""
    by_age = histories.join(F.broadcast(_if_alive(histories, models, horizons)), ["x", "age"])
    x, age = F.col("x"), F.col("age")
    alive = models.alive(x, F.col("t_x"), age)
    value = models.value.expected_value(x, F.col("mean").cast("double"))
    predicted = by_age.withColumns({"alive": alive, "value": F.greatest(value, F.lit(0.0))})
    return predicted.withColumns({f"purchases_{days}": F.col(f"if_alive_{days}") * F.col("alive") for days in horizons})


def _if_alive(histories: DataFrame, models: Models, horizons: Sequence[int]) -> DataFrame:
    """Expected purchases of active customers by x and age: the part of the model that needs functions SQL does not have."""
    pairs = sorted((row.x, row.age) for row in histories.select("x", "age").distinct().collect())
    x, age = (np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True)) if pairs else (np.zeros(0),) * 2
    orders = {f"if_alive_{days}": models.orders_if_alive(x, age, float(days)).tolist() for days in horizons}
    rows = [
        {"x": pair[0], "age": pair[1]} | {name: values[place] for name, values in orders.items()}
        for place, pair in enumerate(pairs)
    ]
    numbers = [StructField(name, DoubleType()) for name in orders]
    return literal_rows(histories.sparkSession, rows, StructType([*(StructField(n, LongType()) for n in ("x", "age")), *numbers]))
