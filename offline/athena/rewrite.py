"""Rewrite Athena's typed tree as DuckDB's: each node once, innermost first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, casts, equality, operators
from offline.athena.registry import Call, Function, func, lookup
from offline.athena.unnest import unnest_source

_WRAPPERS = (exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Window)


def to_duckdb(tree: exp.Query) -> exp.Query:
    """The same query for DuckDB. Changes the tree in place and returns it."""
    for node in reversed(list(tree.walk(bfs=True))):
        if isinstance(node.parent, _WRAPPERS) and node.arg_key == "this":
            continue  # a call is translated together with its FILTER and OVER
        new = _translated(node)
        if new is not None:
            new.type = athena_types.type_of(node)
            node.replace(new)
    return tree


def _translated(node: exp.Expr) -> exp.Expr | None:
    if node.arg_key == "windows":  # WINDOW w AS (…) is not a call
        return None
    if isinstance(node, exp.Anonymous | exp.Window | exp.Filter | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
        return call(node)
    rule = _RULES.get(type(node))
    return rule(node) if rule is not None else None


def call(node: exp.Expr) -> exp.Expr:
    """One function call with its FILTER, WITHIN GROUP, IGNORE NULLS and OVER."""
    wrappers: list[exp.Expr] = []
    inner = node
    while not isinstance(inner, exp.Anonymous):
        wrappers.append(inner)
        inner = inner.this
    function = lookup(inner.name)
    _check_wrappers(function, wrappers)
    args, distinct, order = _arguments(inner)
    within = next((w for w in wrappers if isinstance(w, exp.WithinGroup)), None)
    if within is not None:
        order = list(within.expression.expressions)
    if (distinct or order) and function.kind != "aggregate":
        raise UsageError(f"{function.name}() is not an aggregate: remove DISTINCT or ORDER BY.")
    translated = Call(
        name=function.name,
        args=args,
        types=[athena_types.type_of(a) for a in args],
        returns=athena_types.type_of(inner),
        wrap=_wrapper([w for w in wrappers if not isinstance(w, exp.WithinGroup)]),
        distinct=distinct,
        order=order,
    )
    return function.emit(translated)


def _check_wrappers(function: Function, wrappers: list[exp.Expr]) -> None:
    clauses = {type(w) for w in wrappers}
    if function.kind == "scalar" and clauses:
        raise UsageError(f"{function.name}() is not an aggregate or a window function: it takes no FILTER or OVER.")
    if {exp.Filter, exp.Window} <= clauses:
        raise UsageError(
            f"{function.name}(…) FILTER … OVER: Athena takes no FILTER in a window; write {function.name}(if(condition, x))."
        )
    if function.kind == "window" and exp.Window not in clauses:
        raise UsageError(f"{function.name}() is a window function: add OVER (…).")
    if function.kind == "aggregate" and exp.IgnoreNulls in clauses:
        raise UsageError(f"{function.name}(…) IGNORE NULLS is not translated; add FILTER (WHERE x IS NOT NULL).")


def _arguments(node: exp.Anonymous) -> tuple[list[exp.Expr], bool, list[exp.Expr]]:
    args, distinct, order = list(node.expressions), False, []
    if args and isinstance(args[-1], exp.Order):
        order = list(args[-1].expressions)
        args[-1] = args[-1].this
    if args and isinstance(args[0], exp.Distinct):
        args, distinct = [*args[0].expressions, *args[1:]], True
    return args, distinct, order


def _wrapper(wrappers: list[exp.Expr]) -> Callable[[exp.Expr], exp.Expr]:
    def wrap(node: exp.Expr) -> exp.Expr:
        for wrapper in reversed(wrappers):
            outer = wrapper.copy()
            outer.set("this", node)
            node = outer
        return node

    return wrap


def _array(node: exp.Array) -> exp.Expr:
    return func("list_value", *node.expressions)


def _lambda(node: exp.Lambda) -> exp.Expr | None:
    for name in node.expressions:
        name.set("quoted", False)
    return None


def _hex(node: exp.HexString) -> exp.Expr:
    return func("unhex", str(node.this))


def _if(node: exp.If) -> exp.Expr | None:
    if isinstance(node.parent, exp.Case):
        return None
    case = exp.Case(ifs=[exp.If(this=node.this.copy(), true=node.args["true"].copy())])
    if node.args.get("false") is not None:
        case.set("default", node.args["false"].copy())
    return case


def _case(node: exp.Case) -> exp.Expr | None:
    searched = equality.simple_case(node) or node
    searched.type = athena_types.type_of(node)
    if athena_types.type_of(node) == athena_types.UNKNOWN:
        return None if searched is node else searched
    return _same_type(searched)


def _same_type(node: exp.Expr) -> exp.Expr:
    copied = node.copy()
    return (
        copied
        if athena_types.type_of(node) == athena_types.NULL
        else exp.Cast(this=copied, to=athena_types.duckdb(athena_types.type_of(node)))
    )


def _concat(node: exp.DPipe) -> exp.Expr:
    sides = []
    for side in (node.left, node.right):
        single = (
            athena_types.family(athena_types.type_of(node)) == "array"
            and athena_types.family(athena_types.type_of(side)) != "array"
        )
        sides.append(func("list_value", side) if single else operators.paren(side))
    joined = exp.Paren(this=exp.DPipe(this=sides[0], expression=sides[1], safe=True))
    return exp.Cast(this=joined, to=athena_types.duckdb(athena_types.type_of(node)))


def _literal(node: exp.Literal) -> exp.Expr | None:
    kind = athena_types.type_of(node)
    if athena_types.is_decimal(kind) and not node.is_string:
        return exp.Cast(this=exp.Literal.number(str(node.this)), to=athena_types.duckdb(kind))
    return None


def _fetch(node: exp.Fetch) -> exp.Expr:
    return exp.Limit(expression=(node.args.get("count") or exp.Literal.number(1)).copy())


def _limit(node: exp.Limit) -> exp.Expr | None:
    if isinstance(node.expression, exp.Var):  # LIMIT ALL
        node.pop()
    return None


def _ordered(node: exp.Ordered) -> exp.Expr | None:
    node.set("nulls_first", bool(node.args.get("nulls_first")))
    return None


_RULES: dict[type[exp.Expr], Callable[[Any], exp.Expr | None]] = {
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), operators.binary),
    exp.Cast: casts.convert,
    exp.TryCast: casts.convert,
    exp.Bracket: operators.subscript,
    exp.AtTimeZone: operators.at_time_zone,
    exp.Interval: operators.interval,
    exp.Array: _array,
    exp.Lambda: _lambda,
    exp.HexString: _hex,
    exp.If: _if,
    exp.Case: _case,
    exp.DPipe: _concat,
    exp.Literal: _literal,
    exp.Fetch: _fetch,
    exp.Limit: _limit,
    exp.Ordered: _ordered,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), equality.comparison),
    exp.In: equality.contained,
    exp.Between: equality.between,
    exp.Unnest: unnest_source,
}
