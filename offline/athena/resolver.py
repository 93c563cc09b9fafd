"""Resolve table and column names: with or without the zone, case-insensitive, with suggestions for unknown names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from contracts.document import nearest
from contracts.errors import UsageError
from offline.athena import athena_types
from offline.athena.dialect import AthenaSelect
from offline.athena.model import Table

_ALIAS = (
    "{} is an output column, which Athena cannot use in WHERE, GROUP BY, HAVING or elsewhere in the same SELECT; "
    "repeat the expression, or group by its position."
)
VIEW_PREFIX = "lake "  # not a valid identifier without quotes, so no CTE hides a table by accident


class Catalog:
    """The lake's tables by `zone.table`. A name without a zone must exist in exactly one zone."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = {key.lower(): table for key, table in tables.items()}
        columns: dict[str, object] = {
            VIEW_PREFIX + key: {name.lower(): athena_types.build(text) for name, text in table.columns}
            for key, table in self.tables.items()
        }
        self.schema = MappingSchema(columns, dialect=AthenaSelect, normalize=False)

    def find(self, written: str) -> str:
        """The key of the table that `written` (`events`, `processed.events`, any case) refers to."""
        name = written.lower().removeprefix("awsdatacatalog.")
        keys = [k for k in self.tables if k == name or k.rpartition(".")[2] == name]
        if len(keys) == 1:
            return keys[0]
        if keys:
            raise UsageError(f"Table {written} exists in more than one zone; write {' or '.join(sorted(keys))}.")
        bare = {k.rpartition(".")[2] for k in self.tables}
        hint = _nearest(name, [*self.tables, *bare]) or _nearest(name.rpartition(".")[2], bare)
        raise UsageError(f"There is no table {written}{hint or '; SHOW TABLES lists the tables'}.")


def _nearest(name: str, candidates: Iterable[str]) -> str:
    near = nearest(name, candidates, limit=3)
    return f"; did you mean {' or '.join(near)}?".removesuffix("?") if near else ""


def resolve(tree: exp.Query, catalog: Catalog) -> tuple[exp.Query, list[str]]:
    """The query with every table and column qualified, and the keys of the tables that it reads."""
    used = _resolve_tables(tree, catalog)
    aliases = {a.alias.lower() for a in tree.find_all(exp.Alias)}
    try:
        qualified = qualify(
            tree,
            dialect=AthenaSelect,
            schema=catalog.schema,
            expand_alias_refs=False,
            quote_identifiers=True,
        )
    except OptimizeError as error:
        raise UsageError(_explain(str(error), catalog, used, aliases, tree)) from None
    for column in qualified.find_all(exp.Column):
        if not column.table and column.find_ancestor(exp.Order, exp.Query) is not None:
            _check_alias(column)
    return qualified, sorted(used)


def _check_alias(column: exp.Column) -> None:
    """A column that is still without a table is an output column, which only ORDER BY may use."""
    clause = column.find_ancestor(exp.Order, exp.Query)
    if not isinstance(clause, exp.Order):
        raise UsageError(_ALIAS.format(column.name))


def _resolve_tables(tree: exp.Query, catalog: Catalog) -> set[str]:
    used = set()
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and not source.name.startswith(VIEW_PREFIX):
                if not isinstance(source.this, exp.Identifier):
                    raise UsageError(f"{source.sql('trino')} is not a table; select from the lake's tables, or use unnest().")
                key = catalog.find(".".join(p.name for p in source.parts))
                if not source.alias:
                    source.set("alias", exp.TableAlias(this=exp.to_identifier(source.name.lower())))
                source.set("this", exp.to_identifier(VIEW_PREFIX + key, quoted=True))
                source.set("db", None)
                source.set("catalog", None)
                used.add(key)
    return used


def _explain(message: str, catalog: Catalog, used: set[str], aliases: set[str], tree: exp.Query) -> str:
    text = message.split("\n", maxsplit=1)[0]
    sources = [t.alias_or_name for t in tree.find_all(exp.Table, exp.Subquery, exp.Unnest, exp.Values) if t.alias_or_name]
    table = re.search(r"(?:for table: |Unknown table: )'?([^'\s]+?)'?(?:[.\s]|$)", text)
    if table and table[1] not in sources:
        return f"There is no table or alias {table[1]} in this part of the query{_nearest(table[1], sources)}."
    column = re.search(r"(?:olumn '|Unknown column: |resolve ')([^'\s]+)", text)
    if column is None:
        return f"A name in the query cannot be resolved: {text.rstrip('.')}."
    name = column[1].lower()
    if name in aliases:
        return _ALIAS.format(name)
    columns = [c.lower() for key in used for c, _ in catalog.tables[key].columns]
    if name in columns and len(sources) > 1 and not text.startswith("Unknown"):
        return f"Column {name} is in more than one table of the query; write alias.{name}."
    if name in columns:
        return f"There is no column {name} in that part of the query; add it to the SELECT of the subquery or CTE."
    where = f" in {', '.join(sorted(used))}" if used else ""
    return f"There is no column {name}{where}{_nearest(name, [*columns, *aliases]) or '; DESCRIBE t lists the columns'}."
