"""The three grains of the package: orders, sessions and customers, each with its features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from model_lib.environment import RefusalError

from anomaly.features import BOTH, HIGH, LOW, RARE, Feature, Grain, log, plain


def _burst(recent: str, before: str) -> Feature:
    """How many came within a day, as a share of all of the person: a regular buyer of many is no burst."""
    one, words = recent.removesuffix("s_last_day"), "buyer" if before == "orders_before" else "visitor"
    return Feature(
        "burst",
        HIGH,
        lambda rows: np.log(rows[recent]) * rows[recent] / (rows[before] + 1),
        f"many {one}s within a day for a {words} with few {one}s",
    )


def _return_share(rows: pd.DataFrame) -> pd.Series:
    """The share of the month's sales that came back, and more so the more returns there were."""
    share = rows["returned_last_month"] / rows["amount_last_month"].clip(lower=0.01)
    return share.clip(0, 2) * np.log1p(rows["returns_last_month"])


ORDER = Grain(
    name="order",
    table="order_features",
    time="ordered_at",
    owner="customer_id",
    numbers=(
        *("max_quantity", "units", "amount", "mean_unit_price", "max_quantity_score", "max_price_above", "max_price_below"),
        *("cheap_units_score", "product_popularity", "orders_last_hour", "orders_last_day", "hours_since_last_order"),
        *("log_amount_difference", "returns_last_month", "returned_last_month", "amount_last_month", "orders_before"),
        "order_hour",
    ),
    features=(
        Feature("log_max_quantity", HIGH, log("max_quantity"), "many items of one product"),
        Feature("log_units", HIGH, log("units"), "many items"),
        Feature("log_amount", BOTH, log("amount"), "an uncommon amount"),
        Feature("log_mean_unit_price", BOTH, log("mean_unit_price"), "an uncommon price per item"),
        Feature("max_quantity_score", HIGH, plain("max_quantity_score"), "far more of a product than is usually bought"),
        Feature("max_price_above", HIGH, plain("max_price_above"), "a price far above the product's usual one"),
        Feature("max_price_below", HIGH, plain("max_price_below"), "a price far below the product's usual one"),
        Feature("cheap_units_score", HIGH, plain("cheap_units_score"), "many items far below their usual price"),
        Feature("product_popularity", LOW, plain("product_popularity"), "products that are rarely sold"),
        Feature("orders_last_hour", HIGH, log("orders_last_hour"), "many orders of the buyer within an hour"),
        Feature("orders_last_day", HIGH, log("orders_last_day"), "many orders of the buyer within a day"),
        _burst("orders_last_day", "orders_before"),
        Feature("hours_since_last_order", LOW, log("hours_since_last_order"), "very soon after the buyer's last order"),
        Feature("log_amount_difference", BOTH, plain("log_amount_difference"), "an amount unlike the buyer's other orders"),
        Feature("returns_last_month", HIGH, log("returns_last_month"), "many returns of the buyer in the last 30 days"),
        Feature("returned_last_month", HIGH, log("returned_last_month"), "much returned by the buyer in the last 30 days"),
        Feature("return_share", HIGH, _return_share, "most of the buyer's recent orders were returned"),
        Feature("order_hour", RARE, plain("order_hour"), "an uncommon hour of the day"),
    ),
)


def _idle_views(rows: pd.DataFrame) -> pd.Series:
    """Views of a session in which nothing went into the cart."""
    return np.log1p(rows["views"]) * (rows["carts"] + rows["purchases"] == 0)


def _breadth(rows: pd.DataFrame) -> pd.Series:
    """The share of events with another product, and more so the more events there were."""
    return rows["products_per_event"] * np.log1p(rows["events"])


SESSION = Grain(
    name="session",
    table="session_features",
    time="started_at",
    owner="user_id",
    numbers=(
        *("events", "duration_seconds", "views", "products", "carts", "removes", "purchases", "events_per_minute"),
        *("carts_per_view", "products_per_event", "sessions_before", "hours_since_last_session", "sessions_last_day"),
        "start_hour",
    ),
    features=(
        Feature("log_events", HIGH, log("events"), "many events"),
        Feature("log_products", HIGH, log("products"), "many different products"),
        Feature("log_pace", HIGH, log("events_per_minute"), "many events per minute"),
        Feature("log_duration", BOTH, log("duration_seconds"), "an uncommon duration"),
        Feature("idle_views", HIGH, _idle_views, "many views and nothing put into the cart"),
        Feature("breadth", HIGH, _breadth, "hardly any product seen twice"),
        Feature("carts_per_view", HIGH, log("carts_per_view"), "many carts for few views"),
        Feature("log_removes", HIGH, log("removes"), "much taken out of the cart"),
        Feature("log_purchases", HIGH, log("purchases"), "many purchases"),
        Feature("sessions_last_day", HIGH, log("sessions_last_day"), "many sessions of the visitor within a day"),
        _burst("sessions_last_day", "sessions_before"),
        Feature("hours_since_last_session", LOW, log("hours_since_last_session"), "very soon after the visitor's last session"),
        Feature("start_hour", RARE, plain("start_hour"), "an uncommon hour of the day"),
    ),
)


def _recent_share(rows: pd.DataFrame) -> pd.Series:
    """The share of all orders that came within 30 days, and more so the more there were."""
    return np.log1p(rows["orders_30"]) * rows["orders_30"] / rows["orders"]


def _per_day(rows: pd.DataFrame) -> pd.Series:
    return np.log(rows["orders"] / rows["purchase_days"])


def _unit_price(rows: pd.DataFrame) -> pd.Series:
    return np.log1p((rows["mean_order_amount"] / rows["units_per_order"]).clip(lower=0))


def _units_per_line(rows: pd.DataFrame) -> pd.Series:
    return np.log1p(rows["units_per_order"] / rows["lines_per_order"])


def _returned(rows: pd.DataFrame) -> pd.Series:
    return np.log1p((rows["returned_share"] * rows["mean_order_amount"] * rows["orders"]).clip(lower=0))


def _returns(rows: pd.DataFrame) -> pd.Series:
    """The share that came back, and more so the more orders there were: many send a single order back."""
    return rows["returned_share"].clip(0, 2) * np.log1p(rows["orders"])


def _saved(rows: pd.DataFrame) -> pd.Series:
    """How far all lines together lie below the usual prices of their products."""
    return (-rows["price_level"] * rows["lines_per_order"] * rows["orders"]).clip(lower=0)


CUSTOMER = Grain(
    name="customer",
    table="customer_features",
    time="as_of",
    owner="customer_id",
    snapshot=True,
    numbers=(
        *("recency_days", "orders", "purchase_days", "orders_30", "net_amount_90", "mean_order_amount", "spend_trend"),
        *("returned_share", "discounted_share", "price_level", "units_per_order", "lines_per_order", "evening_share"),
    ),
    features=(
        Feature("log_orders_30", HIGH, log("orders_30"), "many orders within 30 days"),
        Feature("recent_share", HIGH, _recent_share, "many orders within 30 days for a customer with few orders"),
        Feature("orders_per_day", HIGH, _per_day, "several orders on one day"),
        Feature("log_order_amount", BOTH, log("mean_order_amount"), "an uncommon amount per order"),
        Feature("log_unit_price", BOTH, _unit_price, "an uncommon price per item"),
        Feature("log_units", HIGH, log("units_per_order"), "many items per order"),
        Feature("units_per_line", HIGH, _units_per_line, "many items of one product"),
        Feature("log_net_amount_90", HIGH, log("net_amount_90"), "much spent within 90 days"),
        Feature("spend_trend", HIGH, plain("spend_trend"), "far more spent than in the 90 days before"),
        Feature("returns", HIGH, _returns, "most orders were returned"),
        Feature("log_returned", HIGH, _returned, "much returned"),
        Feature("discounted_share", HIGH, plain("discounted_share"), "mostly bought below the usual price"),
        Feature("price_level", LOW, plain("price_level"), "prices far below the products' usual ones"),
        Feature("saved", HIGH, _saved, "many items far below their usual price"),
        Feature("evening_share", HIGH, plain("evening_share"), "mostly bought at night"),
    ),
)
GRAINS: Mapping[str, Grain] = {grain.name: grain for grain in (ORDER, SESSION, CUSTOMER)}


def grain_in(folder: Path) -> Grain:
    """The grain whose table of features a channel has. RefusalError if it has none."""
    for grain in GRAINS.values():
        if (folder / grain.table).is_dir():
            return grain
    tables = ", ".join(grain.table for grain in GRAINS.values())
    raise RefusalError(f"{folder}: has none of {tables}; add the table of what is to be judged.")
