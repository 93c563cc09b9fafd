"""Statements other than queries, as Athena's console takes them: views, CTAS, UNLOAD, SHOW, DESCRIBE, prepared statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from contracts.errors import UsageError
from offline.athena.statements import without_leading_comments

Kind = Literal[
    "query", "create_view", "drop_view", "ctas", "unload", "drop_table", "set_properties", "create_database", "drop_database",
    "show_databases", "show_tables", "show_views", "show_columns", "show_partitions", "show_create_view", "show_create_table",
    "describe", "explain", "prepare", "execute", "deallocate",
]  # fmt: skip
_PART = r'(?:"[^"]+"|`[^`]+`|[A-Za-z_][\w$-]*)'
_NAME = rf"({_PART}(?:\.{_PART}){{0,2}})"
_IF = r"(if\s+(?:not\s+)?exists\s+)?"
_LIKE = r"(?:\s+(?:like\s+)?'([^']*)')?"
_PROPERTIES = r"\s+with\s*\((.*?)\)(?=\s*(?:as\b|$))"


@dataclass(frozen=True)
class Ddl:
    """`name` is the table, view, database or prepared statement; `sql` the query in it; `properties` those of WITH (…)."""

    kind: Kind
    name: str = ""
    sql: str = ""
    pattern: str = ""
    replace: bool = False
    lenient: bool = False
    properties: dict[str, str | list[str]] = field(default_factory=dict)
    values: tuple[str, ...] = ()


Build = Callable[[re.Match[str]], Ddl]
_RULES: tuple[tuple[str, Build], ...] = (
    (rf"create\s+(or\s+replace\s+)?view\s+{_NAME}\s+as\s+(.+)", lambda m: Ddl("create_view", m[2], m[3], replace=bool(m[1]))),
    (rf"drop\s+view\s+{_IF}{_NAME}", lambda m: Ddl("drop_view", m[2], lenient=bool(m[1]))),
    (
        rf"create\s+table\s+{_IF}{_NAME}(?:{_PROPERTIES})?\s+as\s+(.+)",
        lambda m: Ddl("ctas", m[2], _query(m[4]), lenient=bool(m[1]), properties=_properties(m[3])),
    ),
    (
        rf"unload\s*\((.+)\)\s*to\s*'([^']+)'(?:{_PROPERTIES})?",
        lambda m: Ddl("unload", m[2], m[1], properties=_properties(m[3])),
    ),
    (rf"drop\s+table\s+{_IF}{_NAME}", lambda m: Ddl("drop_table", m[2], lenient=bool(m[1]))),
    (
        rf"alter\s+table\s+{_NAME}\s+set\s+tblproperties\s*\((.+)\)",
        lambda m: Ddl("set_properties", m[1], properties=dict(re.findall(r"'([^']*)'\s*=\s*'([^']*)'", m[2]))),
    ),
    (rf"create\s+(?:database|schema)\s+{_IF}{_NAME}", lambda m: Ddl("create_database", m[2], lenient=bool(m[1]))),
    (rf"drop\s+(?:database|schema)\s+{_IF}{_NAME}", lambda m: Ddl("drop_database", m[2], lenient=bool(m[1]))),
    (rf"show\s+(?:databases|schemas){_LIKE}", lambda m: Ddl("show_databases", pattern=m[1] or "")),
    (rf"show\s+tables(?:\s+(?:in|from)\s+{_NAME})?{_LIKE}", lambda m: Ddl("show_tables", m[1] or "", pattern=m[2] or "")),
    (rf"show\s+views(?:\s+(?:in|from)\s+{_NAME})?{_LIKE}", lambda m: Ddl("show_views", m[1] or "", pattern=m[2] or "")),
    (rf"show\s+columns\s+(?:in|from)\s+{_NAME}", lambda m: Ddl("show_columns", m[1])),
    (rf"show\s+partitions\s+{_NAME}", lambda m: Ddl("show_partitions", m[1])),
    (rf"show\s+create\s+view\s+{_NAME}", lambda m: Ddl("show_create_view", m[1])),
    (rf"show\s+create\s+table\s+{_NAME}", lambda m: Ddl("show_create_table", m[1])),
    (rf"(?:describe|desc)\s+(?:formatted\s+|extended\s+)?{_NAME}", lambda m: Ddl("describe", m[1])),
    (rf"prepare\s+({_PART})\s+from\s+(.+)", lambda m: Ddl("prepare", m[1], m[2])),
    (rf"execute\s+({_PART})(?:\s+using\s+(.+))?", lambda m: Ddl("execute", m[1], values=_values(m[2]))),
    (rf"deallocate\s+prepare\s+({_PART})", lambda m: Ddl("deallocate", m[1])),
    (r"explain\s+(?:\([^)]*\)\s*)?((?:select|with|values|table|\().+)", lambda m: Ddl("explain", sql=m[1])),
)
_READS = ("select", "with", "values", "table", "(")
_REFUSED = {
    "insert": "INSERT INTO is refused: the jobs write the tables, and readers may not. Use CREATE TABLE … AS for a copy.",
    "delete": "DELETE is refused: the tables are Parquet that the jobs rebuild; load a correction and run the batch.",
    "update": "UPDATE is refused: the tables are Parquet that the jobs rebuild; load a correction and run the batch.",
    "merge": "MERGE is refused: the tables are Parquet that the jobs rebuild; load a correction and run the batch.",
    "msck": "MSCK REPAIR TABLE is refused: partitions are projected, so there is nothing to repair.",
    "alter": "This ALTER is refused: contracts define the tables; change the contract, and deploy. "
    "ALTER TABLE … SET TBLPROPERTIES runs on tables of CTAS.",
    "vacuum": "VACUUM is refused: it works on Iceberg tables, and the lake has none.",
    "optimize": "OPTIMIZE is refused: it works on Iceberg tables, and the lake has none.",
    "create": "This CREATE is refused: CREATE [OR REPLACE] VIEW, CREATE TABLE … AS and CREATE DATABASE run here.",
    "drop": "This DROP is refused: DROP VIEW, DROP TABLE and DROP DATABASE run here.",
    "show": "This SHOW is not known: SHOW DATABASES, TABLES, VIEWS, COLUMNS, PARTITIONS, CREATE VIEW and CREATE TABLE run here.",
    "explain": "Only EXPLAIN of a query runs here, not EXPLAIN ANALYZE.",
}


def parse_statement(text: str) -> Ddl:
    """Classify one statement. UsageError with a sentence for a statement that is refused or unknown."""
    sql = without_leading_comments(text).rstrip().rstrip(";").rstrip()
    if not sql:
        raise UsageError("The query is empty; write a statement.")
    for pattern, build in _RULES:
        if match := re.fullmatch(pattern, sql, re.IGNORECASE | re.DOTALL):
            return build(match)
    if sql.lower().startswith(_READS):
        return Ddl("query", sql=sql)
    word = re.split(r"[\s(]", sql, maxsplit=1)[0]
    raise UsageError(_REFUSED.get(word.lower(), f"line 1:1: mismatched input '{word}'; this is not a statement of Athena."))


def plain(name: str) -> str:
    """A name without quotes, in lower case: "Db"."T" → db.t."""
    return re.sub(r'["`]', "", name).lower()


def _query(sql: str) -> str:
    """The query of a CTAS without WITH NO DATA, which is not supported."""
    if re.search(r"\bwith\s+no\s+data\s*$", sql, re.IGNORECASE):
        raise UsageError("WITH NO DATA is refused: create the table with its rows, or define a contract.")
    return re.sub(r"\bwith\s+data\s*$", "", sql, flags=re.IGNORECASE)


def _properties(text: str | None) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str]] = {}
    for key, many, one, word in re.findall(
        r"(\w+)\s*=\s*(?:array\s*\[(.*?)\]|'([^']*)'|(\w+))", text or "", re.IGNORECASE | re.DOTALL
    ):
        found[key.lower()] = re.findall(r"'([^']*)'", many) if many else one or word
    return found


def _values(text: str | None) -> tuple[str, ...]:
    """The values of USING, split at commas outside of quotes and brackets."""
    if not text:
        return ()
    pieces, depth, quoted, current = [], 0, False, ""
    for letter in text:
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, "[": 1, ")": -1, "]": -1}.get(letter, 0)
        if letter == "," and not quoted and depth == 0:
            pieces.append(current.strip())
            current = ""
        else:
            current += letter
    return (*pieces, current.strip())
