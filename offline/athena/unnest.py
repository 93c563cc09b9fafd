"""UNNEST of arrays and maps, several at once, with ordinality: a lateral SELECT in DuckDB."""

from __future__ import annotations

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types
from offline.athena.registry import func

DType = exp.DType


def unnest_source(node: exp.Unnest) -> exp.Expr:
    """`unnest(a, m) with ordinality as t(x, k, v, n)` as a lateral subquery; shorter lists are padded with nulls."""
    alias = node.args.get("alias")
    if alias is None:
        raise UsageError("unnest() needs column names: unnest(…) as t(a, b, …).")
    names = [c.name for c in alias.columns]
    lists = [column for source in node.expressions for column in _columns(source)]
    if node.args.get("offset"):
        names = _with_offset(node, names)
        lengths = [func("coalesce", func("len", column), 0) for column in lists]
        lists.append(func("generate_series", 1, func("greatest", *lengths)))
    if len(names) != len(lists):
        raise UsageError(
            f"unnest() returns {len(lists)} column(s) here, but {len(names)} are named; name them all: unnest(…) as t(a, b, …)."
        )
    columns = [exp.alias_(func("unnest", c), n, quoted=True) for c, n in zip(lists, names, strict=True)]
    query = exp.Select(expressions=columns)
    source: exp.Expr = exp.Subquery(this=query, alias=exp.TableAlias(this=alias.this.copy()))
    if isinstance(node.parent, exp.Join):
        return exp.Lateral(this=exp.Subquery(this=query), alias=exp.TableAlias(this=alias.this.copy()))
    return source


def _with_offset(node: exp.Unnest, names: list[str]) -> list[str]:
    offset = node.args["offset"]
    return [*names, offset.name] if isinstance(offset, exp.Identifier) else names


def _columns(source: exp.Expr) -> list[exp.Expr]:
    kind = athena_types.type_of(source)
    if kind.this is DType.MAP:
        return [func("map_keys", source), func("map_values", source)]
    if kind.this is not DType.ARRAY:
        raise UsageError(f"unnest() takes arrays and maps, but got {athena_types.type_name(kind)}; cast it first.")
    fields = athena_types.inner(kind)
    if fields.this is not DType.STRUCT:
        return [source]
    item = exp.to_identifier("item")
    return [
        func("list_transform", source, exp.Lambda(this=_field(item, i, fields), expressions=[item.copy()]))
        for i in range(len(fields.expressions))
    ]


def _field(item: exp.Identifier, position: int, fields: exp.DataType) -> exp.Expr:
    field = fields.expressions[position]
    key: str | int = field.name if isinstance(field, exp.ColumnDef) else position + 1
    return func("struct_extract", item, key)
