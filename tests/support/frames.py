"""Small tables written as text, and marts built from them, for tests that one can check by eye."""

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

# What a text leaves out: a Spark SQL expression per column, over the other columns; `line` is the row's place from 1.
LEFT_OUT = {
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
    """Register a table as a view of its name.

    `text` is lines of cells parted by `|`, the first of them the columns; an empty cell is null. Cells are read as the
    contract's types. Columns left out follow LEFT_OUT, else they are null; `source` is then 's', and `period` the month
    of the contract's time column.
    """
    contract = contracts.load(name)
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    types = {column.name: column.physical_type for column in contract.columns}
    unknown = sorted(set(header) - set(types))
    if unknown or any(len(line) != len(header) for line in lines):
        raise ValueError(f"{name}: columns {unknown} are not the contract's, or a line has more or fewer cells than the first.")
    left_out = {"source": "'s'", **LEFT_OUT.get(name, {})}
    if contract.time_column:
        left_out["period"] = f"date_format({contract.time_column}, 'yyyy-MM')"
    given = [f"cast({column} as {types[column]}) as {column}" for column in header]
    derived = [left_out.get(column, "null") if column not in header else column for column in types]
    columns = [f"cast({value} as {kind}) as {column}" for value, (column, kind) in zip(derived, types.items(), strict=True)]
    values = [f"({place}, {', '.join(map(_literal, line))})" for place, line in enumerate(lines or [[""] * len(header)], 1)]
    frame = spark.sql(
        f"with given as (select line, {', '.join(given)} from values {', '.join(values)} as t (line, {', '.join(header)})) "
        f"select {', '.join(columns)} from given where {'true' if lines else 'false'}"
    )
    frame.createOrReplaceTempView(name)
    return frame


def build(spark: SparkSession, mart: str) -> DataFrame:
    """Run a mart's SQL, hold its columns against the contract, register it as a view.

    What it reads and no test gave is built likewise, or is empty if it is not a mart.
    """
    sql = (MARTS / f"{mart}.sql").read_text(encoding="utf-8")
    for needed in sorted(references(sql, where=mart)):
        if not spark.catalog.tableExists(needed):
            _build_or_leave_empty(spark, needed)
    frame = spark.sql(sql)
    columns = [(column.name, column.physical_type) for column in contracts.load(mart).columns]
    assert frame.dtypes == columns, f"{mart}: its columns differ from the contract's"
    frame.cache().createOrReplaceTempView(mart)  # later marts read its rows, not its whole plan
    return frame


def rows(frame: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The rows in order of these columns, nulls last: numbers and flags as they are, all else as text (12.5000 → '12.50')."""
    found = [tuple(_plain(value) for value in row) for row in frame.select(*columns).collect()]
    return sorted(found, key=lambda row: [(value is None, value if value is not None else 0) for value in row])


def _build_or_leave_empty(spark: SparkSession, name: str) -> None:
    if contracts.load(name).zone == "curated":
        build(spark, name)
    else:
        table(spark, name, "source")


def _literal(cell: str) -> str:
    return "cast(null as string)" if cell == "" else "'" + cell.replace("'", "\\'") + "'"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):  # Spark hands instants over in the zone of this machine
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = str(value)
    whole, point, cents = text.partition(".")
    return f"{whole}.{cents.rstrip('0').ljust(2, '0')}" if point else text
