"""The types that comparisons, conditions and CASE may bring together; what Athena would refuse is refused."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from contracts.errors import LakeError
from offline.athena import coercion, kinds

DType = exp.DType


def compared(_: object, node: exp.Binary) -> exp.DataType:
    sides = [kinds.of(s) for s in (node.left, node.right)]
    if not isinstance(node.right, exp.Any | exp.All):
        same([node.left, node.right], sides)
    return DType.BOOLEAN.into_expr()


def contained(_: object, node: exp.In) -> exp.DataType:
    query = node.args.get("query")
    others = list(node.expressions)
    if query is not None and len(query.unnest().selects) == 1:
        others = [query.unnest().selects[0]]
    if not isinstance(node.this, exp.Tuple):
        same([node.this, *others], [kinds.of(e) for e in (node.this, *others)])
    return DType.BOOLEAN.into_expr()


def between(_: object, node: exp.Between) -> exp.DataType:
    parts = [node.this, node.args["low"], node.args["high"]]
    same(parts, [kinds.of(p) for p in parts])
    return DType.BOOLEAN.into_expr()


def same(nodes: Sequence[exp.Expr], types: Sequence[exp.DataType]) -> None:
    if any(kinds.family(k) == "zoned" for k in types):
        raise LakeError("A value at time zone … cannot be compared here; wrap it as cast(… at time zone '…' as timestamp).")
    coercion.common(types, where=f"`{kinds.said(nodes[0])}` compared with `{kinds.said(nodes[-1])}`")


def logical(_: object, node: exp.Expr) -> exp.DataType:
    """AND, OR, NOT, WHERE, HAVING, ON take booleans: DuckDB would take a number for one."""
    for part in (node.this, node.args.get("expression")):
        if not isinstance(part, exp.Expr):
            continue
        found = kinds.of(part)
        if kinds.family(found) not in ("boolean", ""):
            raise LakeError(f"`{kinds.said(part)}` is {kinds.name(found)} where Athena wants a condition; compare it.")
    return DType.BOOLEAN.into_expr()


def like(_: object, node: exp.Like) -> exp.DataType:
    found = kinds.of(node.this)
    if kinds.family(found) not in ("text", ""):
        raise LakeError(f"LIKE takes text, but was given {kinds.name(found)}; wrap it as cast(… as varchar).")
    return DType.BOOLEAN.into_expr()


def case(_: object, node: exp.Case) -> exp.DataType:
    whens = list(node.args["ifs"])
    if node.this is not None:
        same([node.this, *(w.this for w in whens)], [kinds.of(e) for e in (node.this, *(w.this for w in whens))])
    results = [kinds.of(w.args["true"]) for w in whens]
    if node.args.get("default") is not None:
        results.append(kinds.of(node.args["default"]))
    return coercion.common(results, where="CASE")


def if_else(_: object, node: exp.If) -> exp.DataType:
    branches = [node.args["true"]] + ([node.args["false"]] if node.args.get("false") is not None else [])
    return coercion.common([kinds.of(b) for b in branches], where="if()")
