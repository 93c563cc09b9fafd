"""Casts to and from json, which is JSON text in DuckDB."""

from __future__ import annotations

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types
from offline.athena.registry import cast, func

DType = exp.DType


def converted(node: exp.Expr, source: exp.DataType, target: exp.DataType) -> exp.Expr:
    """The value as the cast's argument: a scalar's text, or the JSON of an array or a map."""
    if source.this is DType.JSON:
        return node if target.this is DType.JSON else _from_json(node, target)
    if _has_floats_or_rows(source):
        raise UsageError(
            f"cast({athena_types.type_name(source)} as json) is not translated; cast numbers to decimal(p,s), and rows to maps."
        )
    return func("to_json", node)


def _from_json(node: exp.Expr, target: exp.DataType) -> exp.Expr:
    family = athena_types.family(target)
    if family in ("array", "map", "row"):
        return node
    if family not in ("text", "number", "boolean"):
        raise UsageError(f"Athena cannot cast json to {athena_types.type_name(target)}; cast to varchar first.")
    text = func("lake_py_json_scalar", cast(node, "varchar"), "$")
    if athena_types.is_integer(target):
        return func("round", cast(text, "decimal(38,10)"))
    return text


def _has_floats_or_rows(kind: exp.DataType) -> bool:
    if athena_types.family(kind) in ("array", "map"):
        return any(_has_floats_or_rows(part) for part in kind.expressions if isinstance(part, exp.DataType))
    return athena_types.is_float(kind) or athena_types.family(kind) in ("row", "datetime", "zoned", "binary")
