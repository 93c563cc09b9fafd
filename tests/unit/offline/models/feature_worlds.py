"""Small shops as frames of facts, for tests of features and models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from offline.lake.local_lake import LocalLake
from offline.models.feature_tables import FACTS, FeatureTables
from offline.twin.record import Record

LINE = {
    "line_type": "sale",
    "item_kind": "product",
    "quantity": 1,
    "unit_price": 10.0,
    "session_id": None,
    "source": "s",
}


def order_lines(rows: list[dict]) -> pd.DataFrame:
    """fct_order_items with these values and the defaults of LINE; `at` is the time of the order, in UTC."""
    lines = pd.DataFrame([{**LINE, **row} for row in rows])
    lines["ordered_at"] = pd.to_datetime(lines.pop("at"), utc=True)
    lines["order_date"] = lines["ordered_at"].dt.date
    lines["order_item_id"] = [f"i{number}" for number in range(len(lines))]
    amount = (lines["quantity"] * lines["unit_price"]).round(4)
    lines["net_amount"] = amount.where(lines["line_type"].isin(["sale", "return"]), 0.0)
    return lines


def sessions(rows: list[dict]) -> pd.DataFrame:
    """fct_sessions with these values; `at` is the start and `minutes` the duration."""
    frame = pd.DataFrame(
        [{"views": 1, "carts": 0, "removes": 0, "purchases": 0, "products": 1, "minutes": 1, **row} for row in rows]
    )
    frame["started_at"] = pd.to_datetime(frame.pop("at"), utc=True)
    frame["duration_seconds"] = frame.pop("minutes") * 60
    frame["ended_at"] = frame["started_at"] + pd.to_timedelta(frame["duration_seconds"], unit="s")
    frame["events"] = frame["views"] + frame["carts"] + frame["removes"] + frame["purchases"]
    return frame


PRODUCTS = pd.DataFrame(
    {"product_id": ["mug", "hat"], "category": ["kitchen", "clothes"], "brand": ["A", "B"], "source": ["s", "s"]}
)
NO_SESSIONS = sessions([{"session_id": "none", "user_id": None, "at": "2000-01-01"}]).iloc[:0]


def features(lines: pd.DataFrame, visits: pd.DataFrame = NO_SESSIONS, **options) -> FeatureTables:
    replaced = {"fct_order_items": lines, "fct_sessions": visits, "dim_product": PRODUCTS}
    return FeatureTables(Path("unused"), "s", replaced=replaced, **options)


def lake_of(root: Path, source: str, lines: pd.DataFrame) -> LocalLake:
    """A lake with the facts of one source."""
    Record("", {"curated": "shoplake-curated"}, {}).write(root)
    with features(lines) as shop:
        for name in FACTS:
            folder = root / "s3/shoplake-curated" / name / f"source={source}"
            folder.mkdir(parents=True)
            shop.connection.execute(f"copy {name} to '{folder}/part-00000.parquet' (format parquet)")
    return LocalLake(root)


def random_lines(*, customers: int = 40, days: int = 200, seed: int = 1) -> pd.DataFrame:
    """Orders of random customers, products, prices and times; some are returned later."""
    random, rows = np.random.default_rng(seed), []
    start = pd.Timestamp("2025-01-01", tz="UTC")
    for number in range(customers * 5):
        at = start + pd.to_timedelta(int(random.integers(0, days * 86_400)), unit="s")
        buyer = f"c{random.integers(0, customers)}" if random.random() < 0.9 else None
        for product in random.choice(["mug", "hat"], size=random.integers(1, 3), replace=False):
            line = {"order_id": f"o{number}", "customer_id": buyer, "product_id": product, "at": at}
            line |= {"quantity": int(random.integers(1, 6)), "unit_price": float(random.integers(200, 2000)) / 100}
            rows.append(line)
            if random.random() < 0.1:
                back = {"line_type": "return", "order_id": f"r{number}", "quantity": -1, "at": at + pd.Timedelta(days=3)}
                rows.append({**line, **back})
    return order_lines(rows)


def random_sessions(*, users: int = 30, days: int = 200, seed: int = 2) -> pd.DataFrame:
    """Visits of random users, some of them unknown."""
    random, rows = np.random.default_rng(seed), []
    for number in range(users * 8):
        at = pd.Timestamp("2025-01-01", tz="UTC") + pd.to_timedelta(int(random.integers(0, days * 86_400)), unit="s")
        user = f"c{random.integers(0, users)}" if random.random() < 0.8 else None
        counts = {
            "views": int(random.integers(1, 9)),
            "carts": int(random.integers(0, 3)),
            "minutes": int(random.integers(0, 30)),
        }
        rows.append({"session_id": f"v{number}", "user_id": user, "at": at, **counts})
    return sessions(rows)


def buying_customers(*, customers: int = 600, days: int = 330, seed: int = 3, leaving: float = 0.06) -> pd.DataFrame:
    """Orders of customers who each buy at a rate of their own, and leave after any order by chance."""
    random, rows = np.random.default_rng(seed), []
    start = pd.Timestamp("2025-01-01", tz="UTC")
    for number in range(customers):
        rate, day, order = random.gamma(2.0, 12.0) + 3, float(random.integers(0, days // 2)), 0
        while day < days:
            at = start + pd.to_timedelta(int(day * 86_400), unit="s")
            values = {"quantity": int(random.integers(1, 4)), "unit_price": round(float(random.gamma(3, 5)) + 1, 2)}
            rows.append({"order_id": f"o{number}-{order}", "customer_id": f"c{number}", "product_id": "mug", "at": at, **values})
            day, order = day + 0.1 + random.exponential(rate), order + 1
            if random.random() < leaving:
                break
    return order_lines(rows)


def busy_shop(*, orders: int = 1_500, seed: int = 4) -> pd.DataFrame:
    """Ordinary orders of 200 customers in shop hours: a few of 40 products, each at its own price."""
    random, rows = np.random.default_rng(seed), []
    prices = np.round(random.gamma(2, 10, 40) + 1, 2)
    for number in range(orders):
        day = pd.Timestamp("2025-01-01", tz="UTC") + pd.Timedelta(days=int(number * 300 / orders))
        at = day + pd.Timedelta(minutes=int(random.integers(9 * 60, 18 * 60)))
        buyer = f"c{random.integers(0, 200)}"
        for product in random.choice(40, size=random.integers(1, 5), replace=False):
            values = {"quantity": 1 + int(random.poisson(1.5)), "unit_price": float(prices[product])}
            rows.append({"order_id": f"o{number}", "customer_id": buyer, "product_id": f"p{product}", "at": at, **values})
            if random.random() < 0.03:
                back = {"line_type": "return", "order_id": f"r{number}", "quantity": -1, "at": at + pd.Timedelta(days=5)}
                rows.append({**rows[-1], **back})
    return order_lines(rows)
