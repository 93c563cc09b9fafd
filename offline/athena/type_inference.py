"""The Athena type of every expression of a qualified query, by Trino's typing rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.annotate_types import TypeAnnotator
from sqlglot.optimizer.scope import Scope
from sqlglot.schema import MappingSchema

from contracts.errors import UsageError
from offline.athena import athena_types, coercion, conditions, intervals
from offline.athena.registry import check_arguments, lookup

DType = exp.DType
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_OPERATORS: dict[type[exp.Expr], str] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}


class Annotator(TypeAnnotator):
    """sqlglot's walk over scopes with Trino's types. Raises UsageError where Athena would reject the types."""

    def __init__(self, schema: MappingSchema) -> None:
        super().__init__(schema, expression_metadata=_metadata())
        self._scope: Scope | None = None

    def _maybe_coerce(self, type1: Any, type2: Any) -> exp.DataType:
        pair = [t if isinstance(t, exp.DataType) else t.into_expr() for t in (type2, type1)]
        return coercion.common(pair, where="UNION or VALUES")

    def _get_source_scope_selects(self, source: Scope) -> dict[str, Any]:
        unnest = source.expression
        if isinstance(unnest, exp.Unnest):
            return dict(zip(unnest.alias_column_names, unnested_types(unnest), strict=False))
        return super()._get_source_scope_selects(source)

    def annotate(self, expression: Any, annotate_scope: bool = True) -> Any:  # noqa: FBT001, FBT002
        for lambda_ in expression.find_all(exp.Lambda):
            self._visited[id(lambda_)] = lambda_  # typed by the call, which knows the types of its parameters
        return super().annotate(expression, annotate_scope)

    def annotate_scope(self, scope: Scope) -> None:
        self._scope = scope
        super().annotate_scope(scope)

    def set_type(self, node: exp.Expr, kind: exp.DataType) -> None:
        self._set_type(node, kind)

    def annotate_lambda(self, node: exp.Lambda, params: dict[str, exp.DataType]) -> None:
        """Type a lambda from the types of its parameters."""
        for name in list(node.this.find_all(exp.Identifier)):
            if name.name in params and not isinstance(name.parent, exp.Column):
                self._set_type(name, params[name.name])
        self.annotate_expression(node.this, self._scope)
        self._set_type(node, athena_types.type_of(node.this))


def unnested_types(unnest: exp.Unnest) -> list[exp.DataType]:
    """The types of the columns that UNNEST returns; ordinality comes last."""
    types: list[exp.DataType] = []
    for source in unnest.expressions:
        kind = athena_types.type_of(source)
        if kind.this is DType.MAP:
            types += [athena_types.inner(kind, 0), athena_types.inner(kind, 1)]
        elif athena_types.inner(kind).this is DType.STRUCT:
            fields = athena_types.inner(kind)
            types += [athena_types.inner(fields, i) for i in range(len(fields.expressions))]
        else:
            types.append(athena_types.inner(kind))
    return [*types, DType.BIGINT.into_expr()]


Rule = Callable[[Annotator, Any], exp.DataType]


def _metadata() -> dict[type[exp.Expr], dict[str, Any]]:
    return {node: {"annotator": _annotator(rule)} for node, rule in _RULES.items()}


def _annotator(rule: Rule) -> Callable[[Annotator, exp.Expr], None]:
    def annotate(annotator: Annotator, node: exp.Expr) -> None:
        annotator.set_type(node, rule(annotator, node))

    return annotate


def _this(_: Annotator, node: exp.Expr) -> exp.DataType:
    return (
        athena_types.type_of(node.this) if isinstance(node.this, exp.Expr) else athena_types.UNKNOWN
    )  # an ORDER BY clause has no expression of its own


def _boolean(_: Annotator, __: exp.Expr) -> exp.DataType:
    return DType.BOOLEAN.into_expr()


def _literal(_: Annotator, node: exp.Literal) -> exp.DataType:
    text = str(node.this)
    if node.is_string:
        return DType.VARCHAR.into_expr()
    if re.fullmatch(r"[0-9]+", text):
        return (DType.INT if int(text) < 2**31 else DType.BIGINT).into_expr()
    if "e" in text.lower():
        return DType.DOUBLE.into_expr()
    whole, fraction = [*text.split("."), ""][:2]
    return athena_types.decimal(len(whole.lstrip("0")) + len(fraction), len(fraction))


def _identifier(_: Annotator, node: exp.Identifier) -> exp.DataType:
    return athena_types.type_of(node)  # only a lambda's parameters have one


def _cast(_: Annotator, node: exp.Cast) -> exp.DataType:
    return athena_types.canonical(node.to)


def _binary(_: Annotator, node: exp.Binary) -> exp.DataType:
    left, right, sign = athena_types.type_of(node.left), athena_types.type_of(node.right), _OPERATORS[type(node)]
    families = (athena_types.family(left), athena_types.family(right))
    if "interval" in families and (spans := intervals.arithmetic(node, families, sign)) is not None:
        return spans
    if "interval" in families and sign in "+-":
        point = right if families[0] == "interval" else left
        return intervals.shifted(point, node.left if families[0] == "interval" else node.right)
    if families == ("datetime", "datetime") and sign == "-":
        return DType.INTERVAL.into_expr()
    if "zoned" in families:
        raise UsageError(f"`{sign}` is not translated for a value at a time zone; compute first and convert the time zone last.")
    mismatch = next((k for k in (left, right) if athena_types.family(k) not in ("number", "")), None)
    if mismatch is not None:
        advice = "use || to join text" if athena_types.family(mismatch) == "text" else "cast it to a number"
        raise UsageError(
            f"`{sign}` takes numbers, but {athena_types.sql_text(node)} contains {athena_types.type_name(mismatch)}; {advice}."
        )
    kind = coercion.arithmetic(sign, left, right)
    if sign in "/%" and kind == athena_types.UNKNOWN:
        raise UsageError(
            f"{athena_types.sql_text(node)}: the type of one side could not be inferred, and Athena divides integers, decimals "
            "and doubles differently; wrap that side in cast(… as double), or in a cast to its own type."
        )
    return kind


def _concat(_: Annotator, node: exp.DPipe) -> exp.DataType:
    left, right = athena_types.type_of(node.left), athena_types.type_of(node.right)
    if "array" in (athena_types.family(left), athena_types.family(right)):
        lists = [k if athena_types.family(k) == "array" else athena_types.array(k) for k in (left, right)]
        return coercion.common(lists, where="||")
    mismatch = next((k for k in (left, right) if athena_types.family(k) not in ("text", "")), None)
    if mismatch is not None:
        raise UsageError(f"|| joins text or arrays, but got {athena_types.type_name(mismatch)}; wrap it in cast(… as varchar).")
    return DType.VARCHAR.into_expr()


def _bracket(_: Annotator, node: exp.Bracket) -> exp.DataType:
    kind = athena_types.type_of(node.this)
    return athena_types.inner(kind, 1 if kind.this is DType.MAP else 0)


def _array(_: Annotator, node: exp.Array) -> exp.DataType:
    return athena_types.array(coercion.common([athena_types.type_of(e) for e in node.expressions], where="array[…]"))


def _zone(_: Annotator, node: exp.AtTimeZone) -> exp.DataType:
    if athena_types.type_of(node.this).this not in (DType.TIMESTAMP, DType.TIMESTAMPTZ):
        raise UsageError("AT TIME ZONE takes a timestamp; cast the value to timestamp first.")
    return athena_types.ZONED.copy()


def _dot(_: Annotator, node: exp.Dot) -> exp.DataType:
    fields = athena_types.type_of(node.this).expressions if athena_types.type_of(node.this).this is DType.STRUCT else []
    field = next((f for f in fields if isinstance(f, exp.ColumnDef) and f.name == node.expression.name), None)
    return field.args["kind"] if field is not None else athena_types.UNKNOWN


def _subquery(_: Annotator, node: exp.Subquery) -> exp.DataType:
    query = node.unnest()
    selects = query.selects if isinstance(query, exp.Query) else []
    return athena_types.type_of(selects[0]) if len(selects) == 1 else athena_types.UNKNOWN


def _call(annotator: Annotator, node: exp.Anonymous) -> exp.DataType:
    function = lookup(node.name)
    args = [a for a in node.expressions if not isinstance(a, exp.Star)]
    for slot, lambda_ in zip(function.parameters, args, strict=False):
        if isinstance(lambda_, exp.Lambda) and slot.startswith("("):
            _lambda(annotator, lambda_, slot.strip("()?*").split(","), [athena_types.type_of(a) for a in args], node.name)
    types = [athena_types.type_of(a) for a in args]
    check_arguments(function, types)
    return function.returns(types)


def _lambda(annotator: Annotator, node: exp.Lambda, codes: list[str], types: list[exp.DataType], where: str) -> None:
    names = [p.name for p in node.expressions]
    if len(names) != len(codes):
        raise UsageError(f"{where}() takes a lambda with {len(codes)} parameter(s), but this one has {len(names)}.")
    of_code = {"k": (0, 0), "v": (0, 1), "e": (0, 0), "f": (1, 0)}
    params = {
        name: types[1] if code == "s" else athena_types.inner(types[of_code[code][0]], of_code[code][1])
        for name, code in zip(names, codes, strict=True)
    }
    annotator.annotate_lambda(node, params)


_RULES: dict[type[exp.Expr], Rule] = {
    exp.Literal: _literal,
    exp.Identifier: _identifier,
    exp.Boolean: _boolean,
    exp.Null: lambda *_: athena_types.NULL.copy(),
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Case: conditions.case,
    exp.If: conditions.if_else,
    exp.DPipe: _concat,
    exp.In: conditions.contained,
    exp.Between: conditions.between,
    exp.Bracket: _bracket,
    exp.Array: _array,
    exp.AtTimeZone: _zone,
    exp.Dot: _dot,
    exp.Subquery: _subquery,
    exp.Anonymous: _call,
    exp.Interval: lambda _, node: intervals.of(node),
    exp.HexString: lambda *_: DType.VARBINARY.into_expr(),
    exp.Lambda: _this,
    exp.Distinct: lambda _, node: athena_types.type_of(node.expressions[0]) if node.expressions else athena_types.UNKNOWN,
    **dict.fromkeys(_OPERATORS, _binary),
    **dict.fromkeys(_COMPARISONS, conditions.compared),
    **dict.fromkeys((exp.Is, exp.Exists), _boolean),
    **dict.fromkeys((exp.And, exp.Or, exp.Not, exp.Where, exp.Having), conditions.logical),
    exp.Like: conditions.like,
    exp.Escape: _this,
    **dict.fromkeys(
        (exp.Alias, exp.Paren, exp.Neg, exp.Window, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls), _this
    ),
    **dict.fromkeys((exp.Order, exp.Ordered), _this),
}
