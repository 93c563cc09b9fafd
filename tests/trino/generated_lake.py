"""A small lake with rows in every table: keys from small pools so that joins find partners, nulls, ties and negative amounts."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from contracts import load_all
from contracts.model import Column, Contract
from tests.support.tables import duckdb_type

SOURCES = ("one", "two")
ROWS = 120
DAYS = [date(2025, 12, 1) + timedelta(days=number) for number in range(70)]
POOLS = {
    "customer_id": 12, "user_id": 12, "product_id": 15, "other_product_id": 15, "order_id": 25, "session_id": 30, "brand": 4,
    "category": 4, "top_category": 2, "category_path": 4, "country": 3, "product_name": 15,
}  # fmt: skip
PREFIXES = {"other_product_id": "p", "user_id": "c"}  # the same ids as product_id and customer_id
WORDS = {
    "line_type": ("sale", "sale", "sale", "return"), "currency": ("EUR",),
    "item_kind": ("product", "product", "shipping", "discount"),
    "kind": ("view", "purchase"), "job": ("recommend", "value", "conform"), "split": ("test", "validation"),
    "metric": (
        "ndcg_10", "hit_rate_10", "coverage", "improvement_value_90", "mean_absolute_error_purchases_90",
        "forecast_value_90_tenth_1", "actual_value_90_tenth_1",
    ),
    "state": ("new", "active", "lapsing", "lapsed"),
    "entity": ("order", "session", "customer"),
    "level": ("product", "category", "brand", "top_category"), "segment": ("Champions", "At Risk", "New"),
    "age_class": ("fresh", "aging", "dead"), "status": ("succeeded", "failed"), "event_type": ("view", "cart", "purchase"),
}  # fmt: skip


def write(root: Path) -> None:
    """The Parquet files of all tables below `root/<zone>/<table>`."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for contract in load_all().values():
            for source in SOURCES:
                _write(connection, root, contract, source)


def _write(connection: duckdb.DuckDBPyConnection, root: Path, contract: Contract, source: str) -> None:
    if contract.zone not in ("processed", "curated"):
        return
    drawn = random.Random(f"{contract.name} {source}")
    period = "period=2026-01" if "period" in contract.partition_columns else ""
    folder = root / contract.zone / contract.name / f"source={source}" / period
    folder.mkdir(parents=True)
    columns = ", ".join(f'"{column.name}" {duckdb_type(column.physical_type)}' for column in contract.data_columns)
    connection.execute(f"create or replace table written ({columns})")
    keys = [column.name for column in contract.data_columns if column.name in contract.key]
    rows: dict[Any, list[Any]] = {}
    for number in range(ROWS):
        row = {column.name: _value(drawn, column, number) for column in contract.data_columns}
        rows[tuple(str(row[key]) for key in keys) or number] = list(row.values())
    marks = ", ".join("?" for _ in contract.data_columns)
    connection.executemany(f"insert into written values ({marks})", list(rows.values()))
    connection.execute(f"copy written to '{folder}/part-0.parquet' (format parquet)")


def _value(drawn: random.Random, column: Column, number: int) -> Any:
    kind = column.physical_type
    if not column.required and drawn.random() < 0.08:
        return None
    if kind == "string":
        return _text(drawn, column.name, number)
    if kind == "boolean":
        return drawn.random() < 0.6
    if kind in ("int", "bigint"):
        return drawn.randint(1, 5) if column.name.endswith("score") else drawn.randint(0, 60)
    if kind.startswith("decimal"):
        return Decimal(drawn.randint(-2000, 90000)) / 100
    if kind == "double":
        return drawn.randint(0, 400) / 400
    if kind == "date":
        return drawn.choice(DAYS)
    if kind == "timestamp":
        return datetime.combine(drawn.choice(DAYS), datetime.min.time()) + timedelta(milliseconds=drawn.randint(0, 86_399_999))
    if kind.startswith("array<"):
        inner = kind[6:-1]
        return [f"rule_{drawn.randint(1, 3)}" if inner == "string" else drawn.randint(0, 9) for _ in range(drawn.randint(1, 3))]
    return None  # maps


def _text(drawn: random.Random, name: str, number: int) -> str:
    if name in POOLS:
        return f"{PREFIXES.get(name, name[:1])}{drawn.randint(1, POOLS[name])}"
    if name in WORDS:
        return drawn.choice(WORDS[name])
    return f"{name} {number}"
