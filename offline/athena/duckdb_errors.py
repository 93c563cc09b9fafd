"""DuckDB out of memory, or in front of a damaged Parquet file: one sentence with the remedy."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contracts.errors import PlatformError, UsageError
from glue_jobs.lib.lake.damage import rebuild_command

# What DuckDB says about a damaged file; not every such error names the file.
DAMAGED = re.compile(r"Parquet|Failed to read file|magic bytes|Footer|TProtocol|thrift|Snappy|decompress", re.IGNORECASE)
MEMORY = "SHOPLAKE_QUERY_MEMORY"  # in the environment: DuckDB's memory limit, such as 8GB


def limit_memory(connection: duckdb.DuckDBPyConnection, memory: str | None = None) -> None:
    """Sets the memory limit to `memory`, or to that of the environment; DuckDB's own is 80 % of the machine's memory."""
    if limit := memory or os.environ.get(MEMORY):
        try:
            connection.execute("set memory_limit = '{}'".format(limit.replace("'", "''")))
        except duckdb.Error:
            raise UsageError(f"{limit}: expected an amount of memory such as 8GB (--memory, {MEMORY}).") from None


@contextmanager
def named_errors(files: Iterable[Path]) -> Iterator[None]:
    """Turns DuckDB's errors about a damaged one of these files, or about memory, into a PlatformError; others pass."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        used = re.search(r"\(([^()]+ used)\)", str(error))
        raise PlatformError(
            f"The query ran out of memory{f' ({used[1]})' if used else ''}: select fewer rows or columns, or allow more "
            f"memory, for example {MEMORY}=8GB."
        ) from None
    except duckdb.Error as error:
        if DAMAGED.search(str(error)):
            files = list(files)
            for path, reason in (damaged_among(files) or damaged_among(files, pages=True)).items():
                raise PlatformError(damage_sentence(path, reason)) from None
        raise


def damage_sentence(path: Path, reason: str) -> str:
    return f"{path}: {reason}; run `{rebuild_command(str(path))}`, which replaces it."


def damaged_among(files: Iterable[Path], *, pages: bool = False) -> dict[Path, str]:
    """The files that cannot be read, with the reason."""
    return {path: reason for path in files if (reason := damage(path, pages=pages))}


def damage(path: Path, *, pages: bool = False) -> str:
    """Why a Parquet file cannot be read; an empty text for a good file. `pages` also reads all its rows."""
    import pyarrow.parquet  # noqa: PLC0415 - slow to import

    if path.is_dir():
        return "is a folder with the name of a file"
    if not path.stat().st_size:
        return "is empty (zero bytes)"
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            if pages:
                for group in range(file.num_row_groups):
                    file.read_row_group(group)
    except (pyarrow.ArrowException, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        return f"this Parquet file is damaged ({reason})"
    return ""
