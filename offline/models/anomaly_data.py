"""The tables that the anomaly script learns from: a shop's orders, and copies of its later months with injected frauds."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from contracts.errors import ModelError
from offline.models.feature_tables import FeatureTables
from offline.models.frauds import with_frauds

ORDERS, WORLDS = "order_features", "fraud_worlds"
MIN_ORDERS = 1_000
# The order from which on validation and test begin, as shares of all orders in time.
VALIDATE_FROM, TEST_FROM = 0.6, 0.8
# World 0 tunes and world 1 chooses, both in the validation period; the others test. Tuning needs more cases per kind; elsewhere
# all frauds together must fit into the alert budget.
SHARES = (0.01, 0.0012, 0.0012, 0.0012, 0.0012)


def anomaly_tables(curated: Path, source: str, *, as_of: date | None) -> dict[str, pd.DataFrame]:
    """order_features, and fraud_worlds: the same columns with `world` and `kind` (null for the shop's own orders).

    ModelError if there are too few orders to judge detectors on.
    """
    with FeatureTables(curated, source, as_of=as_of) as tables:
        lines, products = tables.facts("fct_order_items"), tables.facts("dim_product")
        orders = tables.frame(ORDERS)
    if len(orders) < MIN_ORDERS:
        raise ModelError(f"{source}: {len(orders)} orders, and detectors need {MIN_ORDERS} to be judged; land more data.")
    validate, test = orders["ordered_at"].quantile([VALIDATE_FROM, TEST_FROM])
    worlds = []
    for world, share in enumerate(SHARES):
        first, last = (validate, test) if world < 2 else (test, orders["ordered_at"].max())
        changed, kinds = with_frauds(lines, first=first, last=last, share=share, seed=world)
        with FeatureTables(curated, source, replaced={"fct_order_items": changed, "dim_product": products}) as tables:
            rows = tables.frame(ORDERS)
        period = rows[(rows["ordered_at"] >= first) & (rows["ordered_at"] <= last)]
        worlds.append(period.assign(world=world, kind=period["order_id"].map(kinds)))
    return {ORDERS: orders, WORLDS: pd.concat(worlds, ignore_index=True)}
