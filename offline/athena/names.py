"""Tables and columns by name: zone-qualified or bare, in any case, with the nearest name when there is none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from contracts.errors import LakeError
from offline.athena import kinds
from offline.athena.dialect import AthenaSelect
from offline.athena.model import Table

VIEW_PREFIX = "lake "  # no identifier that a query can write unquoted, so no CTE hides a table by accident


class Catalog:
    """The tables of the lake under `zone.table`; a bare name stands for the one zone that has it."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = {key.lower(): table for key, table in tables.items()}
        columns = {
            VIEW_PREFIX + key: {name.lower(): kinds.build(text) for name, text in table.columns}
            for key, table in self.tables.items()
        }
        self.schema = MappingSchema(columns, dialect=AthenaSelect, normalize=False)

    def find(self, written: str) -> str:
        """The key of the table that `written` (`events`, `processed.events`, any case) names."""
        name = written.lower().removeprefix("awsdatacatalog.")
        keys = [k for k in self.tables if k == name or k.rpartition(".")[2] == name]
        if len(keys) == 1:
            return keys[0]
        if keys:
            raise LakeError(f"Table {written} exists more than once; write {' or '.join(sorted(keys))}.")
        bare = {k.rpartition(".")[2] for k in self.tables}
        hint = _nearest(name, [*self.tables, *bare]) or _nearest(name.rpartition(".")[2], bare)
        raise LakeError(f"There is no table {written}{hint or '; SHOW TABLES lists what there is'}.")


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(set(known)), n=3, cutoff=0.6)
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
        raise LakeError(_explain(str(error), catalog, used, aliases, tree)) from None
    return qualified, sorted(used)


def _resolve_tables(tree: exp.Query, catalog: Catalog) -> set[str]:
    used = set()
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and not source.name.startswith(VIEW_PREFIX):
                if not isinstance(source.this, exp.Identifier):
                    raise LakeError(f"{source.sql('trino')} is not a table; read the lake's own tables or use unnest().")
                key = catalog.find(".".join(p.name for p in source.parts))
                if not source.alias:
                    source.set("alias", exp.TableAlias(this=exp.to_identifier(source.name.lower())))
                source.set("this", exp.to_identifier(VIEW_PREFIX + key, quoted=True))
                source.set("db", None)
                source.set("catalog", None)
                used.add(key)
    return used


def _explain(message: str, catalog: Catalog, used: set[str], aliases: set[str], tree: exp.Query) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", message).split("\n")[0]
    table = re.search(r"(?:for table: '|Unknown table: )([^'\s.]+)", text)
    if text.startswith("Unknown table") and table:
        return f"There is no table or alias {table[1]} in this part of the query{_nearest(table[1], _sources(tree))}."
    ambiguous = re.search(r"Ambiguous column '([^']+)'", text)
    if ambiguous and _holders(ambiguous[1], catalog, used) > 1:
        return f"Column {ambiguous[1]} is in more than one table of the query; write alias.{ambiguous[1]}."
    column = re.search(r"(?:column '|Column '|Unknown column: |resolve ')([^'\s]+?)'?(?:[.\s]|$)", text)
    if column is None:
        return f"The names of the query cannot be resolved: {text}."
    name = column[1].strip("'\".").lower()
    if name in aliases:
        return (
            f"{name} is the name of an output column, which Athena does not know in WHERE, GROUP BY, HAVING or the same "
            "SELECT; repeat the expression, or group by its position."
        )
    columns = [c.lower() for key in used for c, _ in catalog.tables[key].columns]
    where = f" in {', '.join(sorted(used))}" if used else ""
    if name in columns and table:
        return f"There is no column {name} in {table[1]}{_nearest(name, [])}; another table of the query has it."
    return f"There is no column {name}{where}{_nearest(name, [*columns, *aliases]) or '; DESCRIBE t lists the columns'}."


def _sources(tree: exp.Query) -> list[str]:
    return [t.alias_or_name for t in tree.find_all(exp.Table, exp.Subquery, exp.Unnest) if t.alias_or_name]


def _holders(column: str, catalog: Catalog, used: set[str]) -> int:
    return sum(column.lower() in (c.lower() for c, _ in catalog.tables[key].columns) for key in used)
