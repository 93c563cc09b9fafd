"""Reads Parquet: a line of JSON for each record, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.errors import SourceError
from glue_jobs.lib.formats.schema import declared_columns
from glue_jobs.lib.formats.values import json_of
from glue_jobs.lib.source_definition.magic import PARQUET, check_is
from glue_jobs.lib.source_definition.source import FileKind

BATCH = 1_000
# How Spark wrote times for long: instants, though nothing in the file says so.
INT96 = "INT96"


def lines(kind: FileKind, path: Path, *, file: str, timezone: str) -> Iterator[bytes]:
    """The records as lines; SourceError if the file is damaged, or has fewer records than it states."""
    with path.open("rb") as raw:
        check_is(PARQUET, raw.read(64), "Parquet", file=file)
    zone, read = ZoneInfo(timezone), 0
    try:
        with pq.ParquetFile(path) as parquet:
            columns = declared_columns(kind, parquet.schema_arrow.names, file=file)
            instants = _instants(parquet)
            for batch in parquet.iter_batches(BATCH):
                records = pa.table([_plain(batch, name, instants) for name in batch.schema.names], batch.schema.names)
                read += len(batch)
                yield b"".join(json_of(record, columns, zone) for record in records.to_pylist())
            stated = parquet.metadata.num_rows
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise SourceError(f"{file}: is damaged or cut off Parquet ({reason}); export it again.") from None
    if read != stated:
        raise SourceError(f"{file}: states {stated:,} records, but {read:,} can be read; export it again.")


def _instants(parquet: Any) -> set[str]:
    """The columns of times that are instants without saying so."""
    leaves = [parquet.schema.column(place) for place in range(len(parquet.schema))]
    return {leaf.path for leaf in leaves if leaf.physical_type == INT96}


def _plain(batch: Any, name: str, instants: set[str]) -> Any:
    """A column as Python takes it: its times have microseconds."""
    column = batch.column(batch.schema.get_field_index(name))
    if not pa.types.is_timestamp(column.type):
        return column
    return column.cast(pa.timestamp("us", tz="UTC" if name in instants else column.type.tz), safe=False)
