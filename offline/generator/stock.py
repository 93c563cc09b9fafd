"""Prices and stock per day: price changes and restocks, both at midnight."""

from __future__ import annotations

import numpy as np

from offline.generator.catalog import Catalog
from offline.generator.plan import BoolArray, IntArray, Plan

PRICE_CHANGES = 0.02  # share of products per day
PRICE_FACTORS = (0.80, 0.90, 1.00, 1.00, 1.05)  # of the initial list price
REORDER_AT = 0.2  # of the initial stock


class Stock:
    """Today's price (cents) and stock of every product."""

    def __init__(self, plan: Plan, catalog: Catalog) -> None:
        self._plan = plan
        self._catalog = catalog
        self.price = catalog.list_price.copy()
        self.stock = catalog.stock.copy()

    def open(self, day: int) -> IntArray:
        """Apply the night's changes. Returns the products that changed; on the first day all of them."""
        if day == 0:
            return np.arange(len(self._catalog))
        changed = self._reprice(self._plan.rng("stock", day)) | self._restock()
        return np.flatnonzero(changed)

    def sell(self, product: IntArray, quantity: IntArray) -> None:
        """Reduce the stock. It may go below zero (back orders) until the next morning's restock."""
        np.subtract.at(self.stock, product, quantity)

    def _reprice(self, rng: np.random.Generator) -> BoolArray:
        size = len(self._catalog)
        chosen = rng.random(size) < PRICE_CHANGES
        factor = np.array(PRICE_FACTORS)[rng.integers(0, len(PRICE_FACTORS), size)]
        target = np.round(self._catalog.list_price * factor).astype(np.int64)
        floor = np.ceil(self._catalog.cost * 1.02).astype(np.int64)
        price = np.where(chosen, np.maximum(target, floor), self.price)
        changed: BoolArray = price != self.price
        self.price = price
        return changed

    def _restock(self) -> BoolArray:
        lot = self._catalog.stock
        low: BoolArray = self.stock < lot * REORDER_AT
        lots = np.where(low, np.ceil((lot - self.stock) / lot), 0).astype(np.int64)
        self.stock = self.stock + lots * lot
        return low
