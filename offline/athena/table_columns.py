"""The columns of a table's files in DuckDB, in their declared types."""

from __future__ import annotations

from offline.athena.model import Table
from offline.athena.paths import path_literal


def hidden_columns(table: Table) -> list[str]:
    """The hidden columns: where a row's file is, and in which partition."""
    root = str(table.path.resolve())
    path = f"replace(filename, {path_literal(root)}, {path_literal(table.location)})" if table.location else "filename"
    partition = f"regexp_extract(substr(filename, {len(root) + 2}), '^(.*)/[^/]*$', 1)"
    return [f'{path} as "$path"', f'{partition} as "$partition"']


def typed_column(name: str, kind: str, *, present: bool) -> str:
    if not present:
        return f'cast(null as {kind}) as "{name}"'
    if kind == "TIMESTAMP":  # Athena reads milliseconds, rounded; a file may hold microseconds, with or without UTC
        return f'cast(cast(cast("{name}" as timestamp) as timestamp_ms) as timestamp) as "{name}"'
    return f'cast("{name}" as {kind}) as "{name}"'
