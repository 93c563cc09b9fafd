"""The inputs of the detectors, derived from a row of order_features, the direction that is suspicious, and the words for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

HIGH, LOW, BOTH, RARE = "high", "low", "both", "rare"


@dataclass(frozen=True)
class Feature:
    """One input. `direction` says which values are suspicious: large, small, both, or seldom seen."""

    name: str
    direction: str
    value: Callable[[pd.DataFrame], pd.Series]
    words: str


def _log(column: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda rows: np.log1p(rows[column].clip(lower=0))


def _plain(column: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda rows: rows[column]


def _burst(rows: pd.DataFrame) -> pd.Series:
    """How many orders came within a day, as a share of all orders of the buyer: a regular buyer of many is no burst."""
    return np.log(rows["orders_last_day"]) * rows["orders_last_day"] / (rows["orders_before"] + 1)


def _return_share(rows: pd.DataFrame) -> pd.Series:
    """The share of the month's sales that came back, and more so the more returns there were."""
    share = rows["returned_last_month"] / rows["amount_last_month"].clip(lower=0.01)
    return share.clip(0, 2) * np.log1p(rows["returns_last_month"])


FEATURES = (
    Feature("log_max_quantity", HIGH, _log("max_quantity"), "many items of one product"),
    Feature("log_units", HIGH, _log("units"), "many items"),
    Feature("log_amount", BOTH, _log("amount"), "an uncommon amount"),
    Feature("log_mean_unit_price", BOTH, _log("mean_unit_price"), "an uncommon price per item"),
    Feature("max_quantity_score", HIGH, _plain("max_quantity_score"), "far more of a product than is usually bought"),
    Feature("max_price_above", HIGH, _plain("max_price_above"), "a price far above the product's usual one"),
    Feature("max_price_below", HIGH, _plain("max_price_below"), "a price far below the product's usual one"),
    Feature("cheap_units_score", HIGH, _plain("cheap_units_score"), "many items far below their usual price"),
    Feature("product_popularity", LOW, _plain("product_popularity"), "products that are rarely sold"),
    Feature("orders_last_hour", HIGH, _log("orders_last_hour"), "many orders of the buyer within an hour"),
    Feature("orders_last_day", HIGH, _log("orders_last_day"), "many orders of the buyer within a day"),
    Feature("burst", HIGH, _burst, "many orders within a day for a buyer with few orders"),
    Feature("hours_since_last_order", LOW, _log("hours_since_last_order"), "very soon after the buyer's last order"),
    Feature("log_amount_difference", BOTH, _plain("log_amount_difference"), "an amount unlike the buyer's other orders"),
    Feature("returns_last_month", HIGH, _log("returns_last_month"), "many returns of the buyer in the last 30 days"),
    Feature("returned_last_month", HIGH, _log("returned_last_month"), "much returned by the buyer in the last 30 days"),
    Feature("return_share", HIGH, _return_share, "most of the buyer's recent orders were returned"),
    Feature("order_hour", RARE, _plain("order_hour"), "an uncommon hour of the day"),
)
BY_NAME = {feature.name: feature for feature in FEATURES}
COLUMNS = (
    *("max_quantity", "units", "amount", "mean_unit_price", "max_quantity_score", "max_price_above", "max_price_below"),
    *("cheap_units_score", "product_popularity", "orders_last_hour", "orders_last_day", "hours_since_last_order"),
    *("log_amount_difference", "returns_last_month", "returned_last_month", "amount_last_month", "orders_before", "order_hour"),
)


def matrix(orders: pd.DataFrame) -> pd.DataFrame:
    """One column per feature; unknown values, such as the time since the last order of a new buyer, are NaN."""
    numbers = orders[list(COLUMNS)].astype("float64")
    return pd.DataFrame({feature.name: feature.value(numbers) for feature in FEATURES}, index=orders.index)
