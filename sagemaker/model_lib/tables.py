"""Tables from the channels of a job, checked before anything is learned from them, and the tables of scores that it writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from model_lib.environment import RefusalError

MORE_DATA = "land more data, then compute the features again"


def read_table(
    folder: Path,
    name: str,
    *,
    columns: Sequence[str],
    key: Sequence[str],
    numbers: Sequence[str] = (),
    remedy: str = MORE_DATA,
) -> pd.DataFrame:
    """The table below `folder/name`, all its Parquet files together; `remedy` is for a table without rows.

    RefusalError names the table and the column: no files or rows, a missing column, a repeated key, an infinite number, or
    text where numbers belong.
    """
    rows = read_files(folder, name, remedy=remedy)
    missing = [column for column in (*key, *columns, *numbers) if column not in rows.columns]
    if missing:
        raise RefusalError(f"{name}: the column {missing[0]} is missing; compute the features again with this release.")
    if rows[list(key)].isna().any().any() or rows.duplicated(list(key)).any():
        raise RefusalError(f"{name}: two rows share {', '.join(key)}, or it is null; compute the features again.")
    for column in numbers:
        rows[column] = _numbers(rows[column], name)
    for column in ("as_of", "known_on"):
        if column in rows.columns:
            rows[column] = pd.to_datetime(rows[column])
    return rows.sort_values(list(key), ignore_index=True)


def read_files(folder: Path, name: str, *, columns: Sequence[str] | None = None, remedy: str = MORE_DATA) -> pd.DataFrame:
    """All Parquet files below `folder/name` as one table, or `columns` of it.

    RefusalError if there are no files or they have no rows.
    """
    files = sorted((folder / name).rglob("*.parquet"))
    if not files:
        raise RefusalError(f"{folder / name}: there are no Parquet files; compute the features first.")
    selected = [*columns] if columns else None
    rows = pd.concat([pd.read_parquet(file, columns=selected, partitioning=None) for file in files], ignore_index=True)
    if rows.empty:
        raise RefusalError(f"{name}: the table has no rows, so there is nothing to learn from or to score; {remedy}.")
    return rows


def write_scores(rows: pd.DataFrame, path: Path) -> None:
    """Writes Parquet that Spark reads: a column of nulls or of empty lists is text, and instants have microseconds."""
    schema = pa.Schema.from_pandas(rows, preserve_index=False)
    for place, field in enumerate(schema):
        if pa.types.is_null(field.type):
            schema = schema.set(place, field.with_type(pa.string()))
        elif pa.types.is_list(field.type):
            schema = schema.set(place, field.with_type(pa.list_(pa.string())))
    rows.to_parquet(path, index=False, schema=schema, coerce_timestamps="us", allow_truncated_timestamps=True)


def _numbers(values: pd.Series, table: str) -> pd.Series:
    try:
        result = values.astype("float64")
    except (TypeError, ValueError):
        raise RefusalError(f"{table}: {values.name} has values that are no numbers; compute the features again.") from None
    if np.isinf(result).any():
        raise RefusalError(
            f"{table}: {values.name} has {int(np.isinf(result).sum())} infinite values; compute the features again."
        )
    return result
