"""What may be run: one statement that reads. SHOW and DESCRIBE are answered from the tables' declarations."""

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
    """`name` is the table or zone of DESCRIBE and SHOW TABLES, `pattern` what SHOW TABLES is narrowed by."""

    kind: Literal["query", "explain", "tables", "schemas", "describe"]
    sql: str = ""
    name: str = ""
    pattern: str = ""


def classify(sql: str) -> Statement:
    """The statement in `sql`, without comments before it and the semicolon after it; LakeError if it may not run."""
    text = _without_leading_comments(sql).rstrip().rstrip(";").rstrip()
    if not text:
        raise UsageError('There is no SQL to run; try `shoplake sql "show tables"`.')
    if found := _SHOW_TABLES.fullmatch(text):
        return Statement("tables", name=_plain(found[1]), pattern=found[2] or "")
    if _SHOW_SCHEMAS.fullmatch(text):
        return Statement("schemas")
    if found := _DESCRIBE.fullmatch(text):
        return Statement("describe", name=_plain(found[1]))
    if found := _EXPLAIN.match(text):
        return Statement("explain", sql=text[found.end() :])
    if text.lower().startswith(_READS):
        return Statement("query", sql=text)
    word = re.split(r"[\s(]", text, maxsplit=1)[0].upper()
    raise UsageError(
        f"{word} is not run here: `shoplake sql` reads only (SELECT, WITH, VALUES, EXPLAIN SELECT, SHOW TABLES, DESCRIBE t); "
        "tables change through `shoplake land` and `shoplake run`."
    )


def _plain(name: str | None) -> str:
    return (name or "").replace('"', "").lower()


def _without_leading_comments(sql: str) -> str:
    position = 0
    while found := _COMMENT.match(sql, position):
        if found.end() == position:
            break
        position = found.end()
    return sql[position:]
