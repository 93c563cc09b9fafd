"""The inputs of the models, derived from a row of customer_features, and how each is put into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

Value = Callable[[pd.DataFrame], pd.Series]


@dataclass(frozen=True)
class Feature:
    """One input. Features of a `group` carry similar information, so their importance is measured together.

    `words` put the value of the column `shown` into a sentence; reasons use the feature of a group that is farthest from typical.
    """

    name: str
    group: str
    value: Value
    words: str
    shown: str


def _log(column: str) -> Value:
    return lambda frame: np.log1p(frame[column].clip(lower=0))


def _plain(column: str) -> Value:
    return lambda frame: frame[column]


def _zero(column: str) -> Value:
    """The logarithm, where no value means none."""
    return lambda frame: np.log1p(frame[column].fillna(0).clip(lower=0))


def _gap(frame: pd.DataFrame) -> pd.Series:
    """The customer's usual time between purchases; with a single purchase, the time since it."""
    return frame["mean_gap_days"].fillna(frame["tenure_days"])


def _overdue(frame: pd.DataFrame) -> pd.Series:
    return np.log((frame["recency_days"] + 7) / (_gap(frame) + 7))


FEATURES = (
    Feature("log_recency", "recency", _log("recency_days"), "last purchase {:.0f} days ago", "recency_days"),
    Feature("overdue", "recency", _overdue, "last purchase {:.0f} days ago, against the own rhythm", "recency_days"),
    Feature("log_orders", "frequency", _log("orders"), "{:.0f} orders so far", "orders"),
    Feature("log_purchase_days", "frequency", _log("purchase_days"), "bought on {:.0f} days", "purchase_days"),
    Feature("log_orders_30", "frequency", _log("orders_30"), "{:.0f} orders in the last 30 days", "orders_30"),
    Feature("log_orders_90", "frequency", _log("orders_90"), "{:.0f} orders in the last 90 days", "orders_90"),
    Feature("log_net_amount", "monetary value", _log("net_amount"), "net revenue of {:,.2f}", "net_amount"),
    Feature("log_net_amount_90", "monetary value", _log("net_amount_90"), "{:,.2f} in the last 90 days", "net_amount_90"),
    Feature("log_order_amount", "monetary value", _log("mean_order_amount"), "{:,.2f} per order", "mean_order_amount"),
    Feature("log_tenure", "tenure", _log("tenure_days"), "customer for {:.0f} days", "tenure_days"),
    Feature("log_gap", "rhythm", lambda frame: np.log1p(_gap(frame)), "{:.0f} days between purchases", "mean_gap_days"),
    Feature("log_gap_spread", "rhythm", _zero("stddev_gap_days"), "gaps vary by {:.0f} days", "stddev_gap_days"),
    Feature("spend_trend", "trend", _plain("spend_trend"), "spending changed by {:+.1f} (logarithm)", "spend_trend"),
    Feature("log_orders_year_ago", "season", _log("orders_year_ago"), "{:.0f} orders this season last year", "orders_year_ago"),
    Feature("returned_share", "returns", lambda f: f["returned_share"].clip(0, 1), "returned {:.0%} by value", "returned_share"),
    Feature("discounted_share", "price", _plain("discounted_share"), "{:.0%} of lines below the usual price", "discounted_share"),
    Feature("price_level", "price", _plain("price_level"), "price level {:+.2f} (logarithm)", "price_level"),
    Feature("log_products", "breadth", _log("products"), "{:.0f} different products", "products"),
    Feature("log_categories", "breadth", _log("categories"), "{:.0f} categories", "categories"),
    Feature("log_brands", "breadth", _log("brands"), "{:.0f} brands", "brands"),
    Feature("log_units", "basket", _log("units_per_order"), "{:.1f} items per order", "units_per_order"),
    Feature("log_lines", "basket", _log("lines_per_order"), "{:.1f} lines per order", "lines_per_order"),
    Feature("evening_share", "time of purchase", _plain("evening_share"), "{:.0%} bought in the evening", "evening_share"),
    Feature("weekend_share", "time of purchase", _plain("weekend_share"), "{:.0%} bought on weekends", "weekend_share"),
    Feature("log_sessions_90", "visits", _zero("sessions_90"), "{:.0f} sessions in the last 90 days", "sessions_90"),
    Feature("log_minutes_90", "visits", _zero("session_minutes_90"), "{:.0f} minutes in sessions", "session_minutes_90"),
    Feature("log_carts_90", "visits", _zero("carts_90"), "{:.0f} carts in the last 90 days", "carts_90"),
    Feature("log_session_age", "visits", _log("days_since_session"), "last visit {:.0f} days ago", "days_since_session"),
)
BY_NAME = {feature.name: feature for feature in FEATURES}
COLUMNS = tuple(dict.fromkeys(["tenure_days", "days_first_to_last_purchase", *(feature.shown for feature in FEATURES)]))
RECENCY, FREQUENCY, RFM = ("log_recency",), ("log_orders",), ("log_recency", "log_orders", "log_net_amount")


def matrix(customers: pd.DataFrame, names: tuple[str, ...] = tuple(BY_NAME)) -> pd.DataFrame:
    """One column per feature. Values that are unknown are NaN; the models replace them by the median of their training data."""
    numbers = customers[list(COLUMNS)].astype("float64")
    return pd.DataFrame({name: BY_NAME[name].value(numbers) for name in names}, index=customers.index)


def informative(inputs: pd.DataFrame) -> tuple[str, ...]:
    """Features with more than one value; a source without sessions, for example, lacks all of them."""
    return tuple(name for name in inputs.columns if inputs[name].nunique() > 1)
