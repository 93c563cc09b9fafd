"""Reports as named queries of Athena: each table is qualified with the database of the deployment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot.tokenizer_core import Token, TokenType

from athena_queries.references import table_names
from athena_queries.views import load_views
from contracts import load_all
from contracts.document import suggest
from contracts.errors import UsageError

FOLDER = Path(__file__).parent
_PURPOSE = re.compile(r"^-- Purpose: *(.+)$", flags=re.MULTILINE)
# The names of the question marks, in the order of the text, and a value for each: `-- Parameters: first day | date '2026-01-01'`
_PARAMETERS = re.compile(r"^-- Parameters: *([^|\n]+?) *\| *(.+)$", flags=re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A named query for the console; `purpose` is one line."""

    name: str
    purpose: str
    sql: str


def reports(databases: Mapping[str, str], *, folder: Path = FOLDER / "reports") -> list[SavedQuery]:
    """All reports, sorted by name; `databases` maps a zone to its database. UsageError names the file that is wrong."""
    queries = []
    for file in sorted(folder.glob("*.sql")):
        where, text = f"athena_queries/{folder.name}/{file.name}", file.read_text(encoding="utf-8")
        purpose = _PURPOSE.search(text)
        if purpose is None:
            raise UsageError(f"{where}: has no line that begins with `-- Purpose:`; state there what the query answers.")
        queries.append(SavedQuery(name=file.stem, purpose=purpose[1], sql=qualified(text, databases, where=where)))
    return queries


def report_sql(name: str, *, folder: Path = FOLDER / "reports") -> str:
    """The text of one report, in short table names; UsageError if there is none of that name."""
    names = {file.stem: file for file in folder.glob("*.sql")}
    if name not in names:
        raise UsageError(f"{name}: no such report; {suggest(name, names)}")
    return names[name].read_text(encoding="utf-8")


def report_names(*, folder: Path = FOLDER / "reports") -> list[str]:
    """The names of all reports."""
    return sorted(file.stem for file in folder.glob("*.sql"))


def report_parameters(sql: str) -> dict[str, str]:
    """An example value, as a literal of Athena, for each parameter that the report's header names."""
    found = _PARAMETERS.search(sql)
    if found is None:
        return {}
    return dict(zip(re.split(r", *", found[1]), re.split(r", *", found[2]), strict=True))


def qualified(sql: str, databases: Mapping[str, str], *, where: str) -> str:
    """The text with `orders`, or `processed.orders`, replaced by `shoplake_dev_processed.orders`; nothing else changes.

    An error names the file `where` if the SQL does not parse, or reads a table without a contract.
    """
    zones = {name: contract.zone for name, contract in load_all().items()} | dict.fromkeys(load_views(), "curated")
    names = table_names(sql, where=where)
    pieces, end = [], 0
    for start, stop, zone, table in _places(sqlglot.tokenize(sql, read="athena")):
        if (zone or "", table) not in names:
            continue  # a column, as in extract(year from ordered_at), or a CTE
        if table not in zones:
            raise UsageError(f"{where}: {table} is neither a table nor a view; {suggest(table, zones)}")
        if zone not in (None, zones[table]):
            raise UsageError(f"{where}: {zone}.{table} is in {zones[table]}; write {zones[table]}.{table}.")
        pieces += [sql[end:start], f"{databases[zones[table]]}.{table}"]
        end = stop
    whole = "".join([*pieces, sql[end:]])
    for zone, table in sorted(table_names(whole, where=where)):
        if zone not in databases.values():
            raise UsageError(f"{where}: {table} must directly follow FROM or JOIN; use JOIN, and no quotes.")
    return whole


def _places(tokens: list[Token]) -> Iterator[tuple[int, int, str | None, str]]:
    """The names after FROM or JOIN: start, end, zone if written, name."""
    for at, token in enumerate(tokens[:-1]):
        first = tokens[at + 1]
        if token.token_type not in (TokenType.FROM, TokenType.JOIN) or first.token_type != TokenType.VAR:
            continue
        rest = tokens[at + 2 : at + 4]
        if len(rest) == 2 and rest[0].token_type == TokenType.DOT:
            yield first.start, rest[1].end + 1, first.text, rest[1].text
        else:
            yield first.start, first.end + 1, None, first.text
