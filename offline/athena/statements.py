"""Statements that may run: one read-only statement. SHOW and DESCRIBE are answered from the table definitions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from contracts.errors import UsageError

_COMMENT = re.compile(r"\s+|--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_NAME = r'([\w".]+)'
_SHOW_TABLES = re.compile(rf"show\s+tables(?:\s+(?:in|from)\s+{_NAME})?(?:\s+(?:like\s+)?'([^']*)')?", re.IGNORECASE)
_SHOW_SCHEMAS = re.compile(r"show\s+(?:schemas|databases)", re.IGNORECASE)
_DESCRIBE = re.compile(rf"(?:(?:describe|desc)(?:\s+table)?|show\s+columns\s+(?:in|from))\s+{_NAME}", re.IGNORECASE)
_EXPLAIN = re.compile(r"explain\s+(?=(?:select|with|values|table|\()\b|\()", re.IGNORECASE)
_READS = ("select", "with", "values", "table", "(")


@dataclass(frozen=True)
class Statement:
    """`name` is the table or zone of DESCRIBE and SHOW TABLES, `pattern` the filter of SHOW TABLES."""

    kind: Literal["query", "explain", "tables", "schemas", "describe"]
    sql: str = ""
    name: str = ""
    pattern: str = ""


def classify(sql: str) -> Statement:
    """Classify `sql` and strip leading comments and the final semicolon. Raises UsageError if it may not run."""
    text = without_leading_comments(sql).rstrip().rstrip(";").rstrip()
    if not text:
        raise UsageError('There is no SQL to run; try `shoplake sql "show tables"`.')
    if match := _SHOW_TABLES.fullmatch(text):
        return Statement("tables", name=_plain(match[1]), pattern=match[2] or "")
    if _SHOW_SCHEMAS.fullmatch(text):
        return Statement("schemas")
    if match := _DESCRIBE.fullmatch(text):
        return Statement("describe", name=_plain(match[1]))
    if match := _EXPLAIN.match(text):
        return Statement("explain", sql=text[match.end() :])
    if text.lower().startswith(_READS):
        return Statement("query", sql=text)
    word = re.split(r"[\s(]", text, maxsplit=1)[0].upper()
    raise UsageError(
        f"{word} is not supported: `shoplake sql` is read-only (SELECT, WITH, VALUES, EXPLAIN SELECT, SHOW TABLES, DESCRIBE t); "
        "to change tables use `shoplake land` and `shoplake run`."
    )


def _plain(name: str | None) -> str:
    return (name or "").replace('"', "").lower()


def without_leading_comments(sql: str) -> str:
    """The SQL from its first word."""
    position = 0
    while match := _COMMENT.match(sql, position):
        if match.end() == position:
            break
        position = match.end()
    return sql[position:]
