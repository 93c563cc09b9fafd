"""Type rules of comparisons, conditions and CASE: reject what Athena would reject."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, coercion

DType = exp.DType


def compared(_: object, node: exp.Binary) -> exp.DataType:
    sides = [athena_types.type_of(s) for s in (node.left, node.right)]
    if not isinstance(node.right, exp.Any | exp.All):
        same([node.left, node.right], sides)
    return DType.BOOLEAN.into_expr()


def contained(_: object, node: exp.In) -> exp.DataType:
    query = node.args.get("query")
    others = list(node.expressions)
    if query is not None and len(query.unnest().selects) == 1:
        others = [query.unnest().selects[0]]
    if not isinstance(node.this, exp.Tuple):
        same([node.this, *others], [athena_types.type_of(e) for e in (node.this, *others)])
    return DType.BOOLEAN.into_expr()


def between(_: object, node: exp.Between) -> exp.DataType:
    parts = [node.this, node.args["low"], node.args["high"]]
    same(parts, [athena_types.type_of(p) for p in parts])
    return DType.BOOLEAN.into_expr()


def same(nodes: Sequence[exp.Expr], types: Sequence[exp.DataType]) -> None:
    if any(athena_types.family(k) == "zoned" for k in types):
        raise UsageError("A value at a time zone cannot be compared here; wrap it in cast(… at time zone '…' as timestamp).")
    if len({str(k) for k in types if athena_types.family(k) == "interval"}) == 2:
        raise UsageError("Athena cannot compare an interval of days with one of months.")
    # Almost always they are equal, and the text of the sentence takes a tenth of the time of a translation.
    if any(kind != types[0] for kind in types[1:]):
        coercion.common(types, where=f"Comparing `{athena_types.sql_text(nodes[0])}` with `{athena_types.sql_text(nodes[-1])}`")


def logical(_: object, node: exp.Expr) -> exp.DataType:
    """AND, OR, NOT, WHERE, HAVING and ON take booleans only: DuckDB would accept numbers."""
    for part in (node.this, node.args.get("expression")):
        if not isinstance(part, exp.Expr):
            continue
        _check_condition(part)
    return DType.BOOLEAN.into_expr()


def _check_condition(node: exp.Expr) -> None:
    kind = athena_types.type_of(node)
    if athena_types.family(kind) not in ("boolean", ""):
        raise UsageError(
            f"`{athena_types.sql_text(node)}` is {athena_types.type_name(kind)}, but a condition must be boolean; "
            "add a comparison."
        )


def like(_: object, node: exp.Like) -> exp.DataType:
    kind = athena_types.type_of(node.this)
    if athena_types.family(kind) not in ("text", ""):
        raise UsageError(f"LIKE takes text, but got {athena_types.type_name(kind)}; wrap it in cast(… as varchar).")
    return DType.BOOLEAN.into_expr()


def case(_: object, node: exp.Case) -> exp.DataType:
    whens = list(node.args["ifs"])
    if node.this is None:
        for when in whens:
            _check_condition(when.this)
    if node.this is not None:
        same([node.this, *(w.this for w in whens)], [athena_types.type_of(e) for e in (node.this, *(w.this for w in whens))])
    results = [athena_types.type_of(w.args["true"]) for w in whens]
    if node.args.get("default") is not None:
        results.append(athena_types.type_of(node.args["default"]))
    return coercion.common(results, where="CASE")


def if_else(_: object, node: exp.If) -> exp.DataType:
    if not isinstance(node.parent, exp.Case):
        _check_condition(node.this)
    branches = [node.args["true"]] + ([node.args["false"]] if node.args.get("false") is not None else [])
    return coercion.common([athena_types.type_of(b) for b in branches], where="if()")
