"""Parquet files of CREATE TABLE … AS and UNLOAD, written into the bucket's folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset
from moto.s3.models import s3_backends

from contracts.errors import UsageError
from offline.twin.endpoint import ACCOUNT
from offline.twin.services.athena.glue_tables import folder_of

OPEN_PARTITIONS = 100
_FORMATS = ("PARQUET",)


def write(
    table: pa.Table, address: str, *, buckets: Path, name: str, properties: Mapping[str, str | list[str]], in_use: str
) -> list[str]:
    """Write the rows below `address` and return the files' addresses.

    UsageError for another format than Parquet, a location that has files, or more than 100 partitions.
    """
    partitions = _list(properties.get("partitioned_by", []))
    _check(table, partitions, properties)
    bucket = address.removeprefix("s3://").partition("/")[0]
    if bucket not in s3_backends[ACCOUNT]["aws"].buckets:
        raise UsageError(f"{address}: there is no bucket {bucket}.")
    folder = folder_of(address, buckets)
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"HIVE_PATH_ALREADY_EXISTS: Target directory for {in_use} already exists: {address}; delete it first.")
    written: list[str] = []
    pyarrow.dataset.write_dataset(
        _storable(table),
        folder,
        format="parquet",
        basename_template=f"{name}-{{i}}.parquet",
        partitioning=partitions or None,
        partitioning_flavor="hive" if partitions else None,
        existing_data_behavior="overwrite_or_ignore",
        max_partitions=OPEN_PARTITIONS + 1,
        file_visitor=lambda file: written.append(file.path),
    )
    root = folder_of(f"s3://{bucket}", buckets).resolve()
    return sorted(f"s3://{bucket}/{Path(path).resolve().relative_to(root).as_posix()}" for path in written)


def _check(table: pa.Table, partitions: Sequence[str], properties: Mapping[str, str | list[str]]) -> None:
    chosen = str(properties.get("format", "PARQUET")).upper()
    if chosen not in _FORMATS:
        raise UsageError(f"format = '{chosen}' is not supported offline; use PARQUET.")
    if not partitions:
        return
    if list(table.column_names[-len(partitions) :]) != list(partitions):
        raise UsageError(
            f"HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same order as the "
            f"table properties: {list(partitions)}."
        )
    number = table.group_by(list(partitions)).aggregate([]).num_rows
    if number > OPEN_PARTITIONS:
        raise UsageError(
            f"HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {OPEN_PARTITIONS} open writers for partitions/buckets; the query "
            f"has {number}. Write fewer partitions at a time."
        )


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _storable(table: pa.Table) -> pa.Table:
    """Without DuckDB's own types: JSON is text, and time zones are UTC."""
    fields = [field.with_type(_plain(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def _plain(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return kind.storage_type
    if pa.types.is_timestamp(kind):
        return pa.timestamp("ms")
    return kind
