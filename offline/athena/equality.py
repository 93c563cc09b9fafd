"""Comparisons where Athena and DuckDB differ: NaN equals nothing, and arrays, rows and maps with null may compare to null."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, moments
from offline.athena.registry import cast, func

DType = exp.DType
_ORDERS: dict[type[exp.Expr], tuple[str, bool]] = {
    exp.GT: ("lake_nan_above", False),
    exp.GTE: ("lake_nan_from", False),
    exp.LT: ("lake_nan_above", True),
    exp.LTE: ("lake_nan_from", True),
}
_NESTED = (DType.ARRAY, DType.STRUCT, DType.MAP)
_SIGNS: dict[type[exp.Expr], type[exp.Binary]] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}


def comparison(node: exp.Binary) -> exp.Expr | None:
    """= <> < <= > >= with Athena's answers for NaN and for arrays and rows; None if DuckDB has the same."""
    if isinstance(node.right, exp.Any | exp.All):
        return None
    moments.in_comparisons(node)
    kinds = athena_types.type_of(node.left), athena_types.type_of(node.right)
    if any(athena_types.is_float(kind) for kind in kinds):
        return _float(node)
    if type(node) in _ORDERS and any(kind.this is DType.JSON for kind in kinds):
        raise UsageError(f"{athena_types.sql_text(node)}: Athena has no order of json; cast it first.")
    nested = next((kind for kind in kinds if kind.this in _NESTED), None)
    if nested is None:
        return None
    if type(node) in _ORDERS:
        raise UsageError(
            f"{athena_types.sql_text(node)}: the order of arrays, rows and maps is not translated; compare their parts."
        )
    same = equal(node.left, node.right, nested)
    return exp.Paren(this=exp.Not(this=exp.Paren(this=same))) if isinstance(node, exp.NEQ) else same


def equal(left: exp.Expr, right: exp.Expr, kind: exp.DataType) -> exp.Expr:
    """left = right for values of this type."""
    if athena_types.is_float(kind) and not (_is_number(left) or _is_number(right)):
        return func("lake_nan_equal", cast(left, "double"), cast(right, "double"))
    if kind.this is DType.ARRAY:
        _check_flat(athena_types.inner(kind))
        return func("lake_list_equal", left, right)
    if kind.this is DType.MAP:
        _check_flat(athena_types.inner(kind, 1))
        return func("lake_map_equal", left, right)
    if kind.this is DType.STRUCT:
        pairs = [(athena_types.inner(kind, i), func("struct_extract_at", left, i + 1), func("struct_extract_at", right, i + 1))
                 for i in range(len(kind.expressions))]  # fmt: skip
        return exp.Paren(this=exp.and_(*(equal(a, b, part) for part, a, b in pairs), wrap=True))
    return exp.Paren(this=exp.EQ(this=exp.Paren(this=left.copy()), expression=exp.Paren(this=right.copy())))


def _check_flat(element: exp.DataType) -> None:
    if athena_types.family(element) in ("array", "map", "row") or athena_types.is_float(element):
        raise UsageError(
            f"Comparing {athena_types.type_name(athena_types.array(element))} is not translated; compare the elements one by one."
        )


def _float(node: exp.Binary) -> exp.Expr | None:
    if isinstance(node, exp.NEQ):
        if _is_number(node.left) or _is_number(node.right):
            return None
        return exp.Paren(this=exp.Not(this=equal(node.left, node.right, DType.DOUBLE.into_expr())))
    if isinstance(node, exp.EQ):
        return None if _is_number(node.left) or _is_number(node.right) else equal(node.left, node.right, DType.DOUBLE.into_expr())
    if type(node) not in _ORDERS:
        return None
    if _is_number(node.left):
        node = _flipped(node)
    if _is_number(node.right):  # NaN is above every number in DuckDB, so only > and >= differ, and the comparison still prunes
        if isinstance(node, exp.LT | exp.LTE):
            return None
        number = exp.Not(this=func("isnan", cast(node.left, "double")))
        return exp.Paren(this=exp.And(this=node.copy(), expression=number))
    name, is_swapped = _ORDERS[type(node)]
    left, right = (node.right, node.left) if is_swapped else (node.left, node.right)
    return func(name, cast(left, "double"), cast(right, "double"))


def _flipped(node: exp.Binary) -> exp.Binary:
    return _SIGNS[type(node)](this=node.right.copy(), expression=node.left.copy())


def _is_number(node: exp.Expr) -> bool:
    """Whether the expression is a literal, which is never NaN."""
    while isinstance(node, exp.Paren | exp.Neg | exp.Cast):
        node = node.this
    return isinstance(node, exp.Literal) and not node.is_string


def contained(node: exp.In) -> exp.Expr | None:
    """x in (a, b) over doubles as comparisons."""
    kinds = [athena_types.type_of(e) for e in (node.this, *node.expressions)]
    if not node.expressions or isinstance(node.this, exp.Tuple):
        return None
    kind = next((k for k in kinds if athena_types.is_float(k) or k.this in _NESTED), None)
    if kind is None or all(_is_number(e) for e in node.expressions):
        return None
    return exp.Paren(this=exp.or_(*(equal(node.this, e, kind) for e in node.expressions), wrap=True))


def between(node: exp.Between) -> exp.Expr | None:
    parts = (node.this, node.args["low"], node.args["high"])
    if not any(athena_types.is_float(athena_types.type_of(p)) for p in parts):
        return None
    value, low, high = ((p if athena_types.is_float(athena_types.type_of(p)) else cast(p, "double")) for p in parts)
    inside = exp.And(this=func("lake_nan_from", cast(value, "double"), low), expression=func("lake_nan_from", high, value))
    return exp.Paren(this=inside)


def simple_case(node: Any) -> exp.Expr | None:
    """CASE x WHEN y as CASE WHEN x = y, where equality differs."""
    if node.this is None:
        return None
    kinds = [athena_types.type_of(e) for e in (node.this, *(w.this for w in node.args["ifs"]))]
    kind = next((k for k in kinds if athena_types.is_float(k) or k.this in _NESTED), None)
    if kind is None:
        return None
    ifs = [exp.If(this=equal(node.this, w.this, kind), true=w.args["true"].copy()) for w in node.args["ifs"]]
    default = node.args.get("default")
    return exp.Case(ifs=ifs, default=default.copy() if default is not None else None)
