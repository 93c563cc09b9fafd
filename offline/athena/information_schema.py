"""information_schema: tables, columns, views and schemata of the catalog, as rows in the query that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types

CATALOG = "awsdatacatalog"
_COLUMNS = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
    "views": ("table_catalog", "table_schema", "table_name", "view_definition"),
    "columns": (
        "table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "column_default", "is_nullable",
        "data_type",
    ),
}  # fmt: skip


def relation(
    name: str,
    columns: Mapping[str, tuple[tuple[str, str], ...]],
    views: Mapping[str, str],
    databases: Mapping[str, str],
) -> exp.Subquery:
    """`information_schema.<name>` as a subquery; `columns` by `zone.table`, `views` their SQL, `databases` by zone."""
    if name not in _COLUMNS:
        raise UsageError(f"information_schema has no {name}; it has {', '.join(_COLUMNS)}.")
    rows = [tuple(map(_literal, row)) for row in _rows(name, columns, views, databases)]
    values = exp.Values(
        expressions=[exp.Tuple(expressions=list(row)) for row in rows or [tuple(exp.Null() for _ in _COLUMNS[name])]],
        alias=exp.TableAlias(this=exp.to_identifier("_rows"), columns=[exp.to_identifier(c) for c in _COLUMNS[name]]),
    )
    selected = exp.select(*(exp.column(c, table="_rows") for c in _COLUMNS[name])).from_(values)
    return exp.Subquery(this=selected if rows else selected.where("false"))


def _rows(
    name: str, columns: Mapping[str, tuple[tuple[str, str], ...]], views: Mapping[str, str], databases: Mapping[str, str]
) -> Iterator[tuple[str | int | None, ...]]:
    if name == "schemata":
        yield from ((CATALOG, schema) for schema in sorted({_schema(key, databases) for key in columns} | {"information_schema"}))
        return
    for key in sorted(columns):
        place = (CATALOG, _schema(key, databases), key.rpartition(".")[2])
        if name == "tables":
            yield (*place, "VIEW" if key in views else "BASE TABLE")
        elif name == "views" and key in views:
            yield (*place, views[key])
        elif name == "columns":
            for number, (column, kind) in enumerate(columns[key], 1):
                yield (*place, column.lower(), number, None, "YES", athena_types.type_name(athena_types.build(kind)))


def _schema(key: str, databases: Mapping[str, str]) -> str:
    zone = key.rpartition(".")[0]
    return databases.get(zone, zone)


def _literal(value: str | int | None) -> exp.Expr:
    if value is None:
        return exp.Cast(this=exp.Null(), to=exp.DataType.build("varchar"))
    return exp.Literal.number(value) if isinstance(value, int) else exp.Literal.string(value)
