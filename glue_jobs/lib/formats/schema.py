"""Checks the columns of a file that has a schema."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.document import few
from contracts.errors import SourceError
from glue_jobs.lib.source_definition.source import FileKind, RawColumn


def declared_columns(kind: FileKind, names: Sequence[str], *, file: str) -> dict[str, RawColumn]:
    """The declared columns by name in the file, in lower case; SourceError if one is there twice, or missing and not optional."""
    known = {alias.lower(): column for column in kind.columns for alias in (column.name, *column.aliases)}
    found = [known[name.lower()] for name in names if name.lower() in known]
    for column in kind.columns:
        if found.count(column) > 1:
            raise SourceError(f"{file}: has the column {column.name} twice, also by its aliases; export it once.")
        if column not in found and not column.optional:
            raise SourceError(
                f"{file}: lacks the column {column.name} (found: {few(list(names), 12)}). If it was renamed, add the new name to "
                f"source.yaml under {kind.name}.columns.{column.name}.aliases."
            )
    return {name: column for name, column in known.items() if column in found}
