"""The dashboard's SQL: `queries/<name>.sql`, each a SELECT over views in Athena's dialect with named parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from athena_queries.named_queries import qualified, report_sql
from contracts.document import suggest
from contracts.errors import UsageError

FOLDER = Path(__file__).parent / "queries"
# What a page may pass; a query takes the ones that it names.
PARAMETERS = ("source", "first", "last", "first_period", "last_period", "grain", "category", "brand", "segment", "subject")
REPORT = "report:"
# No answer is longer, so a page never holds a table.
MAX_ROWS = 1000
_PARAMETER = re.compile(r"'(?:[^']|'')*'|--[^\n]*|(?<!:):(\w+)")


def query_sql(name: str, databases: Mapping[str, str] | None = None) -> str:
    """The text of a query, or of a report of athena_queries as `report:<name>`; UsageError if there is none of that name.

    A report also reads processed tables, so on AWS `databases` has the database of each zone.
    """
    if name.startswith(REPORT):
        inner = report_sql(name.removeprefix(REPORT))
        inner = qualified(inner, databases, where=name) if databases else inner
        return f"select * from (\n{inner}\n) as report where source = :source limit {MAX_ROWS}"
    files = {file.stem: file for file in FOLDER.glob("*.sql")}
    if name not in files:
        raise UsageError(f"{name}: no such query; {suggest(name, files)}")
    return files[name].read_text(encoding="utf-8")


def bind(sql: str, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The text with `?` for each `:name` outside strings and comments, and the values in their order."""
    ordered: list[Any] = []

    def mark(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        if match[1] not in values:
            raise UsageError(f":{match[1]} has no value; the parameters of a query are {', '.join(PARAMETERS)}.")
        ordered.append(values[match[1]])
        return "?"

    return _PARAMETER.sub(mark, sql), ordered


def parameters(sql: str) -> set[str]:
    """The names of the parameters in a query."""
    return {match[1] for match in _PARAMETER.finditer(sql) if match[1]}
