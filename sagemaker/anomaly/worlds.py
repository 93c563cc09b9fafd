"""Copies of a shop's later months with injected frauds, by which detectors are tuned, chosen and tested."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from model_lib.environment import RefusalError
from model_lib.feature_query import feature_rows
from model_lib.tables import read_files

from anomaly.frauds import with_frauds

ORDERS, LINES, WORLDS = "order_features", "fct_order_items", "fraud_worlds"
# What the SELECT of order_features and the frauds read of the order lines.
COLUMNS = (
    *("order_id", "customer_id", "product_id", "ordered_at", "line_type", "item_kind"),
    *("quantity", "unit_price", "net_amount"),
)
MIN_ORDERS = 1_000
# The order from which on validation and test begin, as shares of all orders in time.
VALIDATE_FROM, TEST_FROM = 0.6, 0.8
# World 0 tunes and world 1 chooses, both in the validation period; the others test. Tuning needs more cases per kind; elsewhere
# all frauds together must fit into the alert budget.
SHARES = (0.01, 0.0012, 0.0012, 0.0012, 0.0012)


def worlds(folder: Path, source: str) -> pd.DataFrame:
    """fraud_worlds from the tables ORDERS and LINES below `folder`."""
    orders, lines = read_files(folder, ORDERS), read_files(folder, LINES, columns=COLUMNS)
    return fraud_worlds(source, orders, lines)


def fraud_worlds(source: str, orders: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """The columns of order_features with `world` and `kind`, which is null for the shop's own orders.

    RefusalError if there are too few orders to judge detectors on.
    """
    if len(orders) < MIN_ORDERS:
        raise RefusalError(f"{source}: {len(orders)} orders, and detectors need {MIN_ORDERS} to be judged; land more data.")
    # Curated has decimals, and frauds have floating point numbers.
    lines = lines.astype({"unit_price": "float64", "net_amount": "float64"})
    # Sums of floating point numbers have the same last digit in every run only in one order of the lines.
    lines = lines.sort_values(["order_id", "product_id", "ordered_at", "quantity", "unit_price"], ignore_index=True)
    validate, test = orders["ordered_at"].quantile([VALIDATE_FROM, TEST_FROM])
    made = []
    for world, share in enumerate(SHARES):
        first, last = (validate, test) if world < 2 else (test, orders["ordered_at"].max())
        changed, kinds = with_frauds(lines, first=first, last=last, share=share, seed=world)
        # Instants of two kinds, such as those of Arrow and those of pandas, have become objects.
        changed["ordered_at"] = pd.to_datetime(changed["ordered_at"], utc=True)
        rows = feature_rows(ORDERS, {LINES: changed[[*COLUMNS]]}).sort_values("order_id", ignore_index=True)
        period = rows[(rows["ordered_at"] >= first) & (rows["ordered_at"] <= last)]
        made.append(period.assign(world=world, kind=period["order_id"].map(kinds)))
    return pd.concat(made, ignore_index=True)
