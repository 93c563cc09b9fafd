"""The two models of customer value fitted, and applied to every customer.

Spark makes the histories and applies the models. The driver fits them in NumPy on the four numbers of at most SAMPLE customers,
chosen by the hash of their ids, and holds beside those a row for each different (x, T), of which there are far fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StructField, StructType

from glue_jobs.algorithms.bg_nbd import BgNbd, fit_bg_nbd
from glue_jobs.algorithms.gamma_gamma import GammaGamma, fit_gamma_gamma
from glue_jobs.lib.ledger import literal_rows

SAMPLE = 200_000
# With fewer customers who came back, the parameters are guesses.
LEAST = 50


@dataclass(frozen=True)
class Models:
    """How often, and for how much."""

    orders: BgNbd
    value: GammaGamma

    def parameters(self) -> dict[str, float]:
        return {name: round(value, 6) for name, value in (asdict(self.orders) | asdict(self.value)).items()}


def fit(histories: DataFrame) -> Models | None:
    """The models for these customers (of purchases.histories); None where too few came back, or they do not tell them."""
    chosen = histories.select("customer_id", "x", "t_x", "age", F.col("mean").cast("double"))
    rows = chosen.orderBy(F.xxhash64("customer_id"), "customer_id").limit(SAMPLE).collect()
    numbers = np.array([[row.x, row.t_x, row.age, row.mean or 0.0] for row in rows], dtype=np.float64).reshape(-1, 4)
    seen, weights = np.unique(numbers[:, :3], axis=0, return_counts=True)
    back = numbers[(numbers[:, 0] > 0) & (numbers[:, 3] > 0)]
    if len(back) < LEAST:
        return None
    orders = fit_bg_nbd(seen[:, 0], seen[:, 1], seen[:, 2], weights.astype(np.float64))
    value = fit_gamma_gamma(back[:, 0], back[:, 3], np.ones(len(back)))
    return Models(orders, value) if orders and value else None


def expected(histories: DataFrame, models: Models, *, horizons: Sequence[int]) -> DataFrame:
    """The histories with `alive`, `value` of a purchase, and `purchases_<horizon>` for each horizon, in days."""
    by_age = histories.join(F.broadcast(_if_alive(histories, models.orders, horizons)), ["x", "age"])
    x, age = F.col("x"), F.col("age")
    alive = models.orders.alive(x, F.col("t_x"), age)
    value = models.value.expected_value(x, F.col("mean").cast("double"))
    told = by_age.withColumns({"alive": alive, "value": F.greatest(value, F.lit(0.0))})
    return told.withColumns({f"purchases_{days}": F.col(f"if_alive_{days}") * F.col("alive") for days in horizons})


def _if_alive(histories: DataFrame, orders: BgNbd, horizons: Sequence[int]) -> DataFrame:
    """Expected purchases of those who have not left, by x and age: the part of the model that SQL has no function for."""
    pairs = sorted((row.x, row.age) for row in histories.select("x", "age").distinct().collect())
    x, age = (np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True)) if pairs else (np.zeros(0),) * 2
    told = {f"if_alive_{days}": orders.orders_if_alive(x, age, float(days)).tolist() for days in horizons}
    rows = [
        {"x": pair[0], "age": pair[1]} | {name: values[place] for name, values in told.items()}
        for place, pair in enumerate(pairs)
    ]
    numbers = [StructField(name, DoubleType()) for name in told]
    return literal_rows(histories.sparkSession, rows, StructType([*(StructField(n, LongType()) for n in ("x", "age")), *numbers]))
