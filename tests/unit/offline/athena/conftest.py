"""A small lake of real Parquet, written by DuckDB, with files that must not be read next to those that must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from offline.athena import AthenaEngine, Table

# source, period, rows of (event_id, brand, price, quantity, event_time)
EVENTS = {
    ("shop_a", "2026-01"): "('e1','oak',10.00,3,'2026-01-05 10:59:00'), ('e2','oak',20.01,2,'2026-01-05 11:01:00')",
    ("shop_a", "2026-02"): "('e3','elm',5.00,7,'2026-02-01 00:00:00'), ('e4',null,null,1,'2026-02-28 23:59:59')",
    ("shop_b", "2026-01"): "('e5','elm',0.01,2,'2026-01-31 12:00:00')",
}
COLUMNS = (
    ("event_id", "string"),
    ("brand", "string"),
    ("price", "decimal(18,4)"),
    ("quantity", "int"),
    ("event_time", "timestamp"),
    ("tags", "array<string>"),
    ("counts", "map<string,bigint>"),
    ("source", "string"),
    ("period", "string"),
)


def write_events(folder: Path, rows: str) -> None:
    """One Parquet file, with a column `hidden` that the table does not declare and instants in UTC as Spark writes them."""
    folder.mkdir(parents=True)
    duckdb.sql(f"""
        copy (
            select event_id, brand, price::decimal(18,4) as price, quantity::int as quantity,
                   (event_time || '+00')::timestamptz as event_time, 'secret' as hidden,
                   ['new', brand] as tags, map(['views', 'carts'], [quantity::bigint, 1]) as counts
            from (values {rows}) as t(event_id, brand, price, quantity, event_time)
        ) to '{folder / "part-0.parquet"}' (format parquet)
    """)


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("lake")
    for (source, period), rows in EVENTS.items():
        write_events(root / "events" / f"source={source}" / f"period={period}", rows)
    write_events(root / "events" / "_staging" / "source=shop_a", EVENTS["shop_a", "2026-01"])
    write_events(root / "events" / "source=shop_a" / "_temporary", EVENTS["shop_a", "2026-01"])
    write_events(root / "events" / "source=shop_a" / ".hidden", EVENTS["shop_a", "2026-01"])
    return root


@pytest.fixture(scope="session")
def tables(lake: Path) -> dict[str, Table]:
    return {
        "processed.events": Table("events", lake / "events", COLUMNS, ("source", "period")),
        "processed.orders": Table(
            "orders", lake / "orders", (("order_id", "string"), ("amount", "decimal(18,4)"), ("source", "string")), ("source",)
        ),
        "curated.dim_date": Table("dim_date", lake / "dim_date", (("date", "date"), ("source", "string")), ("source",)),
    }


@pytest.fixture(scope="session")
def engine(tables: dict[str, Table]) -> Iterator[AthenaEngine]:
    athena = AthenaEngine(tables)
    yield athena
    athena.close()
