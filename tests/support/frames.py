"""Small tables written as text and marts built from them, for tests that you can check by eye."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import contracts
import glue_jobs
from glue_jobs.lib.source_definition.references import references

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MARTS = Path(glue_jobs.__file__).parent / "marts"

# Defaults of omitted columns: Spark SQL over the other columns; `line` is the row's number, from 1.
DEFAULTS = {
    "events": {"event_id": "'e' || line", "event_date": "date(event_time)"},
    "order_items": {
        "order_item_id": "'i' || line",
        "order_id": "'o' || line",
        "line_type": "'sale'",
        "item_kind": "'product'",
        "amount": "quantity * unit_price",
        "order_date": "date(ordered_at)",
    },
}


def table(spark: SparkSession, name: str, text: str) -> DataFrame:
    """Register a table as a view with its name.

    `text` has cells separated by `|`; its first line names the columns. Cells have the contract's types, and an empty cell is
    null. Omitted columns follow DEFAULTS or are null, but `source` is 's' and `period` the month of the contract's time
    column.
    """
    contract = contracts.load(name)
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    types = {column.name: column.physical_type for column in contract.columns}
    unknown = sorted(set(header) - set(types))
    if unknown or any(len(line) != len(header) for line in lines):
        raise ValueError(f"{name}: the contract has no columns {unknown}, or a line has more or fewer cells than the first.")
    defaults = {"source": "'s'", **DEFAULTS.get(name, {})}
    if contract.time_column:
        defaults["period"] = f"date_format({contract.time_column}, 'yyyy-MM')"
    cells = [f"cast({column} as {types[column]}) as {column}" for column in header]
    derived = [defaults.get(column, "null") if column not in header else column for column in types]
    columns = [f"cast({value} as {kind}) as {column}" for value, (column, kind) in zip(derived, types.items(), strict=True)]
    values = [f"({place}, {', '.join(map(_literal, line))})" for place, line in enumerate(lines or [[""] * len(header)], 1)]
    frame = spark.sql(
        f"with cells as (select line, {', '.join(cells)} from values {', '.join(values)} as t (line, {', '.join(header)})) "
        f"select {', '.join(columns)} from cells where {'true' if lines else 'false'}"
    )
    frame.createOrReplaceTempView(name)
    return frame


def build(spark: SparkSession, mart: str) -> DataFrame:
    """Run a mart's SQL, check its columns against the contract, and register it as a view.

    Tables that it reads and the test did not register are built the same way, or are empty if they are not marts.
    """
    sql = (MARTS / f"{mart}.sql").read_text(encoding="utf-8")
    for table_name in sorted(references(sql, where=mart)):
        if not spark.catalog.tableExists(table_name):
            _build_or_create_empty(spark, table_name)
    frame = spark.sql(sql)
    columns = [(column.name, column.physical_type) for column in contracts.load(mart).columns]
    assert frame.dtypes == columns, f"{mart}: its columns differ from the contract's"
    # Later marts read its rows: analyzing its plan again within theirs would take most of a test's time.
    built = frame.localCheckpoint()
    built.createOrReplaceTempView(mart)
    return built


def rows(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows ordered by these columns, nulls last. Numbers and booleans stay; the rest is text (12.5000 → '12.50')."""
    values = [tuple(_plain(value) for value in row) for row in frame.select(*columns).collect()]
    return sorted(values, key=lambda row: [(value is None, value if value is not None else 0) for value in row])


def _build_or_create_empty(spark: SparkSession, name: str) -> None:
    if contracts.load(name).zone == "curated":
        build(spark, name)
    else:
        table(spark, name, "source")


def _literal(cell: str) -> str:
    return "cast(null as string)" if cell == "" else "'" + cell.replace("'", "\\'") + "'"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):  # Spark returns timestamps in this machine's time zone
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = str(value)
    integer, point, cents = text.partition(".")
    return f"{integer}.{cents.rstrip('0').ljust(2, '0')}" if point else text
