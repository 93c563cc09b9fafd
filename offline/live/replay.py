"""Events of a lake as the API takes them, in the order of their time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from contracts.errors import UsageError

# Columns of `events` that the API takes under the same name. Times and IDs are set when an event is sent.
COLUMNS = (
    "event_type",
    "event_time",
    "product_id",
    "category_id",
    "category",
    "brand",
    "price",
    "quantity",
    "user_id",
    "session_id",
    "order_id",
)
CHUNK = 5_000
# The other types are sent by servers and need the server key.
PAGE_TYPES = ("view", "cart", "remove_from_cart", "purchase", "page", "search", "checkout")


@dataclass(frozen=True)
class Recording:
    """The events of one source, as processed files have them. UsageError where there are none."""

    source: str
    files: tuple[Path, ...]

    @staticmethod
    def of(processed: Path, source: str) -> Recording:
        folder = processed / "events" / f"source={source}"
        files = tuple(sorted(folder.glob("period=*/*.parquet")))
        if not files:
            raise UsageError(
                f"{source}: has no processed events to replay; land its files and run `shoplake run --source {source}`, "
                "or choose another source (see `shoplake tables`)."
            )
        return Recording(source, files)

    def count(self) -> int:
        with self._connection() as connection:
            row = connection.execute("select count(*) from recorded").fetchone()
        return int(row[0]) if row else 0

    def events(self, *, skip: int = 0) -> Iterator[dict[str, Any]]:
        """The events after the first `skip`, without the fields that have no value."""
        with self._connection() as connection:
            columns = ", ".join(COLUMNS)
            rows = connection.execute(f"select {columns} from recorded order by event_time, event_id offset {int(skip)}")
            while chunk := rows.fetchmany(CHUNK):
                for row in chunk:
                    yield {name: value for name, value in zip(COLUMNS, row, strict=True) if value is not None}

    def _connection(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(":memory:")
        types = ", ".join(f"'{kind}'" for kind in PAGE_TYPES)
        connection.read_parquet([str(file) for file in self.files], union_by_name=True).filter(
            f"event_type in ({types})"
        ).project("* replace (make_timestamp(epoch_us(event_time)) as event_time)").create_view("recorded")
        return connection
