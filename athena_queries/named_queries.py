"""The SQL of athena_queries/ as Athena keeps it: every table named with the database of this deployment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from contracts import load_all
from contracts.document import suggest
from contracts.errors import UsageError

FOLDER = Path(__file__).parent
_PURPOSE = re.compile(r"^-- Purpose: *(.+)$", flags=re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A query for the console; `purpose` is one line."""

    name: str
    purpose: str
    sql: str


def reports(databases: Mapping[str, str], *, folder: Path = FOLDER / "reports") -> list[SavedQuery]:
    """All reports, by name; `databases` maps a zone to its database. LakeError names a file that lacks or breaks something."""
    found = []
    for file in sorted(folder.glob("*.sql")):
        where, text = f"athena_queries/{folder.name}/{file.name}", file.read_text(encoding="utf-8")
        purpose = _PURPOSE.search(text)
        if purpose is None:
            raise UsageError(f"{where}: has no line that begins with `-- Purpose:`; say there what the query answers.")
        found.append(SavedQuery(name=file.stem, purpose=purpose[1], sql=qualified(text, databases, where=where)))
    return found


def qualified(sql: str, databases: Mapping[str, str], *, where: str) -> str:
    """The text as it is, but for its tables: `orders`, or `processed.orders`, is written `shoplake_dev_processed.orders`.

    LakeError naming `where` for SQL that does not parse, or a table that no contract promises.
    """
    zones = {name: contract.zone for name, contract in load_all().items()}
    named = _table_names(sql, where=where)
    pieces, end = [], 0
    for start, stop, zone, table in _places(sqlglot.tokenize(sql, read="athena")):
        if (zone or "", table) not in named:
            continue  # a column, as in extract(year from ordered_at), or a step of the query's own
        if table not in zones:
            raise UsageError(f"{where}: {table} is no table of the lake; {suggest(table, zones)}")
        if zone not in (None, zones[table]):
            raise UsageError(f"{where}: {zone}.{table} is in {zones[table]}; write {zones[table]}.{table}.")
        pieces += [sql[end:start], f"{databases[zones[table]]}.{table}"]
        end = stop
    whole = "".join([*pieces, sql[end:]])
    for zone, table in sorted(_table_names(whole, where=where)):
        if zone not in databases.values():
            raise UsageError(f"{where}: {table} does not stand right after FROM or JOIN; join it by JOIN, without quotes.")
    return whole


def _table_names(sql: str, *, where: str) -> set[tuple[str, str]]:
    """Every table that the text names, as database (empty if not given) and name; its own steps are not among them."""
    try:
        tree = sqlglot.parse_one(sql, read="athena")
    except SqlglotError as error:
        raise UsageError(f"{where}: {str(error).splitlines()[0]} Mend the SQL.") from None
    steps = {("", cte.alias_or_name) for cte in tree.find_all(exp.CTE)}
    return {(table.db, table.name) for table in tree.find_all(exp.Table)} - steps


def _places(tokens: list[Token]) -> Iterator[tuple[int, int, str | None, str]]:
    """Where in the text a name follows FROM or JOIN: start, end, zone if given, name."""
    for at, token in enumerate(tokens[:-1]):
        first = tokens[at + 1]
        if token.token_type not in (TokenType.FROM, TokenType.JOIN) or first.token_type != TokenType.VAR:
            continue
        rest = tokens[at + 2 : at + 4]
        if len(rest) == 2 and rest[0].token_type == TokenType.DOT:
            yield first.start, rest[1].end + 1, first.text, rest[1].text
        else:
            yield first.start, first.end + 1, None, first.text
