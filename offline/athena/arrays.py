"""Arrays and the lambdas over them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, coercion
from offline.athena.casts import double_text
from offline.athena.registry import Call, Emit, ReturnRule, cast, func, refuse, scalar

DType = exp.DType
Types = Sequence[exp.DataType]


def element(types: Types) -> exp.DataType:
    return athena_types.inner(types[0])


def same(types: Types) -> exp.DataType:
    return types[0]


scalar("cardinality", "array|map", "bigint",
       lambda c: cast(func("cardinality" if c.types[0].this is DType.MAP else "len", *c.args), "bigint"))  # fmt: skip
scalar("element_at", "array|map any", lambda t: athena_types.inner(t[0], 1 if t[0].this is DType.MAP else 0),
       lambda c: func("lake_element_at" if c.types[0].this is DType.ARRAY else "lake_map_get", *c.args))  # fmt: skip


def _contains(types: Types) -> exp.DataType:
    coercion.common([athena_types.inner(types[0]), types[1]], where="contains()")
    return DType.BOOLEAN.into_expr()


scalar("contains", "array any", _contains, "lake_contains")


def _position_type(types: Types) -> exp.DataType:
    coercion.common([athena_types.inner(types[0]), types[1]], where="array_position()")
    return DType.BIGINT.into_expr()


def _with_element(name: str) -> ReturnRule:
    return lambda types: athena_types.array(coercion.common([athena_types.inner(types[0]), types[1]], where=f"{name}()"))


def _of_both(name: str) -> ReturnRule:
    return lambda types: coercion.common(types, where=f"{name}()")


def _typed(name: str) -> Emit:
    return lambda call: cast(func(name, *call.args), call.returns)


scalar("array_position", "array any", _position_type, "lake_array_position")
scalar("array_distinct", "array", same, "lake_array_distinct")
scalar(
    "array_max",
    "array",
    element,
    lambda c: func("lake_array_max_double" if athena_types.is_float(element(c.types)) else "lake_array_max", *c.args),
)
scalar("array_min", "array", element, "lake_array_min")
scalar("array_remove", "array any", _with_element("array_remove"), _typed("lake_array_remove"))
for _name in ("array_except", "array_intersect", "array_union"):
    scalar(_name, "array array", _of_both(_name), _typed(f"lake_{_name}"))
scalar("arrays_overlap", "array array", "boolean", "lake_arrays_overlap")
scalar("flatten", "array", element)
scalar("slice", "array number number", same, "lake_slice")
scalar("repeat", "any number", lambda t: athena_types.array(t[0]), "lake_repeat")
scalar("trim_array", "array number", same, "lake_trim_array")


def _sort(call: Call) -> exp.Expr:
    if len(call.args) == 2:
        raise UsageError("array_sort() with a comparator is not translated; sort in array_agg(x order by …).")
    return func("list_sort", call.args[0], "ASC", "NULLS LAST")


scalar("array_sort", "array (e,e)?", same, _sort)


def _join(call: Call) -> exp.Expr:
    inner = athena_types.inner(call.types[0])
    if athena_types.is_float(inner):
        item = exp.to_identifier("item")
        body = double_text(exp.Column(this=item), inner)
        texts = func("list_transform", call.args[0], exp.Lambda(this=body, expressions=[item.copy()]))
        return func("lake_array_join", texts, *call.args[1:])
    if inner.this not in (
        DType.VARCHAR, DType.DECIMAL, DType.BIGINT, DType.INT, DType.SMALLINT, DType.TINYINT, DType.BOOLEAN, DType.DATE,
    ):  # fmt: skip
        raise UsageError(
            f"array_join() of {athena_types.type_name(call.types[0])} is not translated; transform() the elements to varchar."
        )
    texts = cast(call.args[0], athena_types.array(athena_types.plain("varchar")))
    return func("lake_array_join", texts, *call.args[1:])


scalar("array_join", "array text text?", "varchar", _join)


def _sequence_type(types: Types) -> exp.DataType:
    if athena_types.family(types[0]) == "datetime":
        return athena_types.array(types[0])
    return athena_types.array(DType.BIGINT.into_expr())


def _months(step: exp.Expr) -> int | None:
    """The months of a step of months or years. From the 31st, each step counts from the start: it never drifts to the 28th."""
    while isinstance(step, exp.Paren):
        step = step.this
    sign = 1
    if isinstance(step, exp.Neg):
        step, sign = step.this, -1
    if not isinstance(step, exp.Anonymous) or step.name not in ("to_months", "to_years"):
        return None
    amount = int(step.expressions[0].sql(dialect="duckdb"))
    return sign * amount * (12 if step.name == "to_years" else 1)


def _sequence(call: Call) -> exp.Expr:
    if athena_types.family(call.types[0]) == "datetime":
        if call.types[0].this is not DType.DATE and len(call.args) == 2:
            raise UsageError("sequence() of timestamps needs a step, such as interval '1' hour.")
        step = call.args[2] if len(call.args) == 3 else None
        if step is None:
            return cast(func("lake_sequence_days", *call.args), call.returns)
        months = _months(step)
        if months is None:
            return cast(func("lake_sequence_step", *call.args), call.returns)
        return cast(func("lake_sequence_months", *call.args[:2], months), call.returns)
    return func("lake_sequence", *(cast(a, "bigint") for a in call.args))


scalar("sequence", "number|datetime number|datetime number|interval?", _sequence_type, _sequence)


def _lambda_body(types: Types) -> exp.DataType:
    return athena_types.array(types[1])


scalar("transform", "array (e)", _lambda_body, "list_transform")
scalar("filter", "array (e)", same, "list_filter")
scalar("any_match", "array (e)", "boolean", lambda c: func("lake_any_true", c.args[0], func("list_transform", *c.args)))
scalar("all_match", "array (e)", "boolean", lambda c: func("lake_all_true", c.args[0], func("list_transform", *c.args)))
scalar("none_match", "array (e)", "boolean", lambda c: func("lake_none_true", c.args[0], func("list_transform", *c.args)))


def substitute(body: exp.Expr, values: dict[str, exp.Expr]) -> exp.Expr:
    """The body of a lambda with expressions in place of its parameters."""
    holder = exp.Paren(this=body.copy())
    for node in list(holder.find_all(exp.Identifier)):
        if (
            node.name in values
            and not isinstance(node.parent, exp.Column)
            and node.arg_key in ("this", "expression", "expressions")
        ):
            if isinstance(node.parent, exp.Lambda) or (isinstance(node.parent, exp.Dot) and node.arg_key == "expression"):
                continue
            node.replace(values[node.name].copy())
    return holder


def _reduce(call: Call) -> exp.Expr:
    array, start, step, output = call.args
    if call.types[1] != call.types[2]:
        start_type, step_type = (athena_types.type_name(k) for k in call.types[1:3])
        raise UsageError(
            f"reduce() starts with {start_type}, but its lambda returns {step_type}; start with cast(… as {step_type})."
        )
    state = cast(start, call.types[1])
    reduced = func("list_reduce", array, step, state)
    wrapped = func("list_transform", func("list_value", reduced), output)
    return exp.Case(
        ifs=[exp.If(this=exp.Is(this=array.copy(), expression=exp.Null()), true=exp.Null())],
        default=func("list_extract", wrapped, 1),
    )


scalar("reduce", "array any (s,e) (s)", lambda t: t[3], _reduce)


def _zip_with(call: Call) -> exp.Expr:
    pair = exp.to_identifier("lake_pair")
    names = [p.name for p in call.args[2].expressions]
    values = {name: func("struct_extract", pair, i + 1) for i, name in enumerate(names)}
    body = substitute(call.args[2].this, values)
    return func("list_transform", _zipped(call.args[:2]), exp.Lambda(this=body, expressions=[pair.copy()]))


def _zipped(arrays: Sequence[exp.Expr]) -> exp.Expr:
    """Null if one of the arrays is null."""
    missing = exp.or_(*(exp.Is(this=array.copy(), expression=exp.Null()) for array in arrays))
    return exp.Case(ifs=[exp.If(this=missing, true=exp.Null())], default=func("list_zip", *arrays))


scalar("zip_with", "array array (e,f)", lambda t: athena_types.array(t[2]), _zip_with)
scalar(
    "zip",
    "array array array*",
    lambda t: athena_types.array(athena_types.row(athena_types.inner(k) for k in t)),
    lambda c: _zipped(c.args),
)
scalar("row", "any*", athena_types.row, "row")

refuse("combinations ngrams array_histogram", "unnest() the array and use SQL")
refuse("contains_sequence", "use array_join() and strpos()")
