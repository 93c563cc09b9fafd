"""Resolve table and column names: with or without the zone, case-insensitive, with suggestions for unknown names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from contracts.document import nearest
from contracts.errors import UsageError
from offline.athena import athena_types, information_schema, output_columns
from offline.athena.dialect import AthenaSelect, parse
from offline.athena.model import Table, View

_ALIAS = (
    "{} is an output column, which Athena cannot use in WHERE, GROUP BY, HAVING or elsewhere in the same SELECT; "
    "repeat the expression, or group by its position."
)
HIDDEN = ("$path", "$partition")  # columns that every table has, and that no star shows
VIEW_PREFIX = "lake "  # not a valid identifier without quotes, so no CTE hides a table by accident


class Catalog:
    """The lake's tables and views by `zone.name`. A name without a zone must exist in exactly one zone.

    `databases` has the deployed database of each zone, such as shoplake_dev_curated. The zone's own name is short for it.
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        views: Mapping[str, View] | None = None,
        databases: Mapping[str, str] | None = None,
        *,
        default: str | None = None,
    ) -> None:
        self._default = default
        self.databases = dict(databases or {})
        self.tables = {key.lower(): table for key, table in tables.items()}
        self.views = {key.lower(): view for key, view in (views or {}).items()}
        columns: dict[str, dict[str, exp.DataType]] = {
            VIEW_PREFIX + key: {name.lower(): athena_types.build(text) for name, text in table.columns}
            for key, table in self.tables.items()
        }
        self._schemas = {
            hidden: MappingSchema(
                {
                    key: kinds | {name: athena_types.build("varchar") for name in HIDDEN if hidden}
                    for key, kinds in columns.items()
                },
                dialect=AthenaSelect,
                normalize=False,
            )
            for hidden in (False, True)
        }

    def schema(self, tree: exp.Query) -> MappingSchema:
        """The columns of all tables; with the hidden ones if the query names one of them."""
        hidden = any(column.name.lower() in HIDDEN for column in tree.find_all(exp.Column))
        if hidden and any(_stars(tree)):
            raise UsageError('A query with "$path" or "$partition" lists its columns; write their names instead of a star.')
        return self._schemas[hidden]

    def zone(self, database: str) -> str:
        """The zone of a deployed database; any other name as it is."""
        return next((zone for zone, deployed in self.databases.items() if deployed == database), database)

    def zones(self) -> list[str]:
        return sorted({key.rpartition(".")[0] for key in self.tables} - {""})

    def columns(self, key: str) -> tuple[tuple[str, str], ...]:
        """(name, type text) of each column of a table or view."""
        return (self.views[key] if key in self.views else self.tables[key]).columns

    def find(self, written: str) -> str:
        """The key of the table or view that `written` (`events`, `processed.events`, any case) refers to."""
        database, _, bare_name = written.lower().removeprefix("awsdatacatalog.").rpartition(".")
        name = f"{self.zone(database)}.{bare_name}" if database else bare_name
        known = [*self.tables, *self.views]
        keys = [k for k in known if k == name or k.rpartition(".")[2] == name]
        if len(keys) > 1 and f"{self._default}.{bare_name}" in keys:
            return f"{self._default}.{bare_name}"
        if len(keys) == 1:
            return keys[0]
        if keys:
            raise UsageError(f"Table {written} exists in more than one zone; write {' or '.join(sorted(keys))}.")
        bare = {k.rpartition(".")[2] for k in known}
        hint = _nearest(name, [*known, *bare]) or _nearest(name.rpartition(".")[2], bare)
        raise UsageError(f"There is no table {written}{hint or '; SHOW TABLES lists the tables'}.")


def _stars(tree: exp.Query) -> Iterator[exp.Expr]:
    return (select for query in tree.find_all(exp.Select) for select in query.selects if select.is_star)


def _nearest(name: str, candidates: Iterable[str]) -> str:
    near = nearest(name, candidates, limit=3)
    return f"; did you mean {' or '.join(near)}?".removesuffix("?") if near else ""


def resolve(tree: exp.Query, catalog: Catalog) -> tuple[exp.Query, list[str]]:
    """The query with views expanded and every table and column qualified, and the keys of the tables that it reads."""
    written = tree.copy()
    named: set[str] = set()
    used = _resolve_tables(tree, catalog, named)
    output_columns.prepare(tree)
    try:
        qualified = qualify(
            tree,
            dialect=AthenaSelect,
            schema=catalog.schema(tree),
            expand_alias_refs=False,
            quote_identifiers=True,
        )
    except OptimizeError as error:
        raise UsageError(_explain(str(error), catalog, named, written)) from None
    output_columns.restore(qualified)
    for column in qualified.find_all(exp.Column):
        if not column.table and column.find_ancestor(exp.Order, exp.Query) is not None:
            _check_alias(column)
    return qualified, sorted(used)


def _check_alias(column: exp.Column) -> None:
    """A column that is still without a table is an output column, which only ORDER BY may use."""
    clause = column.find_ancestor(exp.Order, exp.Query)
    if not isinstance(clause, exp.Order):
        raise UsageError(_ALIAS.format(column.name))


def _resolve_tables(tree: exp.Query, catalog: Catalog, named: set[str], inside: tuple[str, ...] = ()) -> set[str]:
    """The keys of the tables that the query reads, itself or through views; `named` collects those that it names itself."""
    used: set[str] = set()
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and source.db.lower() == "information_schema":
                _expand_information_schema(source, catalog)
            elif isinstance(source, exp.Table) and not source.name.startswith(VIEW_PREFIX):
                if not isinstance(source.this, exp.Identifier):
                    raise UsageError(f"{source.sql('trino')} is not a table; select from the lake's tables, or use unnest().")
                key = catalog.find(".".join(p.name for p in source.parts))
                named.add(key)
                if key in catalog.views:
                    used |= _expand_view(source, key, catalog, inside)
                    continue
                if not source.alias:
                    source.set("alias", exp.TableAlias(this=exp.to_identifier(source.name.lower())))
                source.set("this", exp.to_identifier(VIEW_PREFIX + key, quoted=True))
                source.set("db", None)
                source.set("catalog", None)
                used.add(key)
    return used


def _expand_information_schema(source: exp.Table, catalog: Catalog) -> None:
    columns = {key: catalog.columns(key) for key in (*catalog.tables, *catalog.views)}
    views = {key: view.sql for key, view in catalog.views.items()}
    subquery = information_schema.relation(source.name.lower(), columns, views, catalog.databases)
    alias = source.args.get("alias") or exp.TableAlias(this=exp.to_identifier(source.name.lower()))
    subquery.set("alias", alias.copy())
    subquery.set("joins", source.args.get("joins"))
    source.replace(subquery)


def _expand_view(source: exp.Table, key: str, catalog: Catalog, inside: tuple[str, ...]) -> set[str]:
    """Replace a view by its SELECT. Its tables are resolved first, so that no CTE of the query hides one of them."""
    if key in inside:
        raise UsageError(f"View {key} reads itself ({' reads '.join([*inside, key])}); a view cannot read itself.")
    body = parse(catalog.views[key].sql)
    used = _resolve_tables(body, catalog, set(), (*inside, key))
    alias = source.args.get("alias") or exp.TableAlias(this=exp.to_identifier(source.name.lower()))
    source.replace(exp.Subquery(this=body, alias=alias.copy(), joins=source.args.get("joins")))
    return used


def _explain(message: str, catalog: Catalog, used: set[str], tree: exp.Query) -> str:
    text = message.split("\n", maxsplit=1)[0]
    aliases = {a.alias.lower() for a in tree.find_all(exp.Alias)}
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
    columns = [c.lower() for key in used for c, _ in catalog.columns(key)]
    if name in columns and len(sources) > 1 and not text.startswith("Unknown"):
        return f"Column {name} is in more than one table of the query; write alias.{name}."
    if name in columns:
        return f"There is no column {name} in that part of the query; add it to the SELECT of the subquery or CTE."
    where = f" in {', '.join(sorted(used))}" if used else ""
    return f"There is no column {name}{where}{_nearest(name, [*columns, *aliases]) or '; DESCRIBE t lists the columns'}."
