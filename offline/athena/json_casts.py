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
    if athena_types.family(source) in ("interval", "binary", "zoned"):
        raise UsageError(f"Athena cannot cast {athena_types.type_name(source)} to json.")
    if _has_floats_or_rows(source):
        raise UsageError(
            f"cast({athena_types.type_name(source)} as json) is not translated; cast numbers to decimal(p,s), and rows to maps."
        )
    if athena_types.is_decimal(source):
        return cast(node, "varchar")
    if athena_types.is_decimal(athena_types.inner(source)) and source.this is DType.ARRAY:
        return func("lake_json_numbers", node)
    if any(athena_types.is_decimal(athena_types.inner(source, i)) for i in (0, 1)):
        raise UsageError(f"cast({athena_types.type_name(source)} as json) is not translated; cast the numbers to varchar.")
    return func("to_json", node)


def _from_json(node: exp.Expr, target: exp.DataType) -> exp.Expr:
    family = athena_types.family(target)
    if family in ("array", "map") and (depth := _depth_of_text(target)):
        return cast(func("lake_py_json_texts", cast(node, "varchar"), depth), "json")
    if family in ("array", "map", "row"):
        return node
    if family not in ("text", "number", "boolean"):
        raise UsageError(f"Athena cannot cast json to {athena_types.type_name(target)}; cast to varchar first.")
    if family == "text":
        return func("lake_py_json_text", cast(node, "varchar"))
    if family == "boolean":
        return func("lake_py_json_boolean", cast(node, "varchar"))
    is_integer = athena_types.is_integer(target)
    text = func("lake_py_json_integer" if is_integer else "lake_py_json_number", cast(node, "varchar"))
    if is_integer:
        return func("round", cast(text, "decimal(38,10)"))
    return text


def _depth_of_text(kind: exp.DataType) -> int:
    """How deep the texts lie in arrays and maps that hold nothing else; 0 if they hold other things."""
    if athena_types.family(kind) not in ("array", "map"):
        return 0
    inner = athena_types.inner(kind, 1 if kind.this is DType.MAP else 0)
    if athena_types.family(inner) == "text":
        return 1
    deeper = _depth_of_text(inner)
    return deeper + 1 if deeper else 0


def _has_floats_or_rows(kind: exp.DataType) -> bool:
    if athena_types.family(kind) in ("array", "map"):
        return any(_has_floats_or_rows(part) for part in kind.expressions if isinstance(part, exp.DataType))
    return athena_types.is_float(kind) or athena_types.family(kind) in ("row", "datetime", "zoned", "binary")
