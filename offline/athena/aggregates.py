"""Aggregates and window functions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types
from offline.athena.numbers import same, without_nan
from offline.athena.operators import divide
from offline.athena.registry import Call, aggregate, alias, cast, func, primitive, refuse, scalar

DType = exp.DType
Types = Sequence[exp.DataType]


def _star() -> exp.Expr:
    return exp.Star()


def _count(call: Call) -> exp.Expr:
    if len(call.args) > 1:
        raise UsageError("Athena has no count(distinct a, b); use count(distinct row(a, b)) or an inner SELECT.")
    return primitive(call, "count", *(call.args or [_star()]))


def _sum_type(types: Types) -> exp.DataType:
    kind = types[0]
    if athena_types.is_decimal(kind):
        return athena_types.decimal(38, athena_types.digits(kind)[1])
    return DType.BIGINT.into_expr() if athena_types.is_integer(kind) else kind


def _avg_type(types: Types) -> exp.DataType:
    return types[0] if athena_types.is_decimal(types[0]) or types[0].this is DType.FLOAT else DType.DOUBLE.into_expr()


def _avg(call: Call) -> exp.Expr:
    kind = call.types[0]
    if kind == athena_types.UNKNOWN:
        raise UsageError(
            "avg(): the type of the argument could not be inferred; wrap it in cast(… as double) or cast(… as decimal(p,s))."
        )
    if not athena_types.is_decimal(kind):
        return cast(primitive(call, "avg", cast(call.args[0], "double")), call.returns)
    total = primitive(call, "sum", call.args[0])
    count = func("nullif", primitive(call, "count", call.args[0]), 0)
    return divide(total, count, (_sum_type([kind]), DType.BIGINT.into_expr()), kind)


def _of_first(types: Types, position: int = 2) -> exp.DataType:
    """One value, or with a count as the last argument an array of the first values."""
    return athena_types.array(types[0]) if len(types) > position else types[0]


def _min(call: Call) -> exp.Expr:
    smallest = primitive(call, "min", *call.args)
    return smallest if call.returns == athena_types.UNKNOWN else cast(smallest, call.returns)


def _max(call: Call) -> exp.Expr:
    if len(call.args) == 2:
        return cast(primitive(call, "max", *call.args), call.returns)
    largest = primitive(call, "max", call.args[0])
    if not athena_types.is_float(call.types[0]):
        return largest if call.returns == athena_types.UNKNOWN else cast(largest, call.returns)
    return func("coalesce", primitive(call, "max", without_nan(call.args[0])), largest)


def _min_by(call: Call) -> exp.Expr:
    return primitive(call, "arg_min_null", *call.args) if len(call.args) == 2 else _several(call, "arg_min")


def _several(call: Call, name: str) -> exp.Expr:
    """The values of the first or last keys; wrapped, because DuckDB leaves out null values."""
    value, key, count = call.args
    return func("lake_firsts", primitive(call, name, func("row", value), key, count))


def _max_by(call: Call) -> exp.Expr:
    if len(call.args) == 3:
        return _several(call, "arg_max")
    value, key = call.args
    if athena_types.is_float(call.types[1]):
        rank = func("row", exp.Not(this=func("isnan", cast(key, "double"))), key)
        key = exp.Case(ifs=[exp.If(this=exp.Is(this=key.copy(), expression=exp.Null()), true=exp.Null())], default=rank)
    return primitive(call, "arg_max_null", value, key)


aggregate("count", "any*", "bigint", _count)
aggregate("sum", "number", _sum_type)
aggregate("avg", "number", _avg_type, _avg)
_ORDERED = "number|text|datetime|boolean|array|row|binary|interval"
aggregate("min", f"{_ORDERED} number?", lambda t: _of_first(t, 1), _min)
aggregate("max", f"{_ORDERED} number?", lambda t: _of_first(t, 1), _max)
aggregate("count_if", "boolean", "bigint", lambda c: cast(func("coalesce", primitive(c, "count_if", *c.args), 0), "bigint"))
aggregate("bool_and", "boolean", "boolean")
aggregate("bool_or", "boolean", "boolean")
alias("every", "bool_and")
aggregate("arbitrary", "any", same, "any_value")
alias("any_value", "arbitrary")
aggregate("max_by", "any any number?", _of_first, _max_by)
aggregate("min_by", "any any number?", _of_first, _min_by)
for _name, _duck in {
    "stddev": "stddev_samp", "stddev_samp": "", "stddev_pop": "", "variance": "var_samp", "var_samp": "", "var_pop": "",
}.items():  # fmt: skip
    aggregate(_name, "number", "double", _duck or None)


def _number_or_null(call: Call) -> exp.Expr:
    """Null where DuckDB divides zero by zero, as for a constant column."""
    return cast(func("lake_not_nan", primitive(call, call.name, *(cast(a, "double") for a in call.args))), call.returns)


def _double_or_real(types: Types) -> exp.DataType:
    """Without a double among them, Athena takes integers and decimals as reals."""
    return (DType.DOUBLE if any(kind.this is DType.DOUBLE for kind in types) else DType.FLOAT).into_expr()


aggregate("geometric_mean", "number", lambda t: DType.DOUBLE.into_expr() if athena_types.is_integer(t[0]) else _double_or_real(t))
for _name in ("corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept"):
    aggregate(_name, "number number", _double_or_real, _number_or_null)


def _approx_distinct(call: Call) -> exp.Expr:
    return cast(primitive(Call(call.name, call.args, call.types, call.returns, call.wrap, True), "count", call.args[0]), "bigint")


def _approx_percentile(call: Call) -> exp.Expr:
    """The value at floor(share * count), counted from 0, as Athena's digest of few values returns it."""
    is_list = athena_types.family(call.types[1]) == "array"
    value = func("lake_finite", call.args[0]) if athena_types.is_float(call.types[0]) else call.args[0]
    values = func("list_sort", primitive(_not_null(call, call.args[0]), "list", value, order=False))
    return cast(func("lake_shares" if is_list else "lake_share", values, call.args[1]), call.returns)


def _percentile_type(types: Types) -> exp.DataType:
    of_one = types[0]
    if athena_types.is_integer(of_one):
        of_one = DType.BIGINT.into_expr()
    elif athena_types.is_decimal(of_one):
        of_one = DType.FLOAT.into_expr()
    return athena_types.array(of_one) if athena_types.family(types[1]) == "array" else of_one


# Exact where Athena is approximate: within Athena's error bound, and repeatable.
aggregate("approx_distinct", "any number?", "bigint", _approx_distinct)
aggregate(
    "approx_percentile",
    "number number|array",
    _percentile_type,
    _approx_percentile,
)
aggregate("array_agg", "any", lambda t: athena_types.array(t[0]), "list")


def _not_null(call: Call, key: exp.Expr) -> Call:
    """The call over rows with a key: Trino's map aggregates ignore null keys."""
    wrap = call.wrap

    def filtered(node: exp.Expr) -> exp.Expr:
        wrapped = wrap(node)
        has_key = exp.Not(this=exp.Is(this=key.copy(), expression=exp.Null()))
        inner = wrapped.this if isinstance(wrapped, exp.Window) else wrapped
        if isinstance(inner, exp.Filter):
            where = inner.expression
            where.set("this", exp.And(this=exp.Paren(this=where.this.copy()), expression=has_key))
            return wrapped
        filter_ = exp.Filter(this=node.copy(), expression=exp.Where(this=has_key))
        if isinstance(wrapped, exp.Window):
            wrapped.set("this", filter_)
            return wrapped
        return filter_

    return Call(call.name, call.args, call.types, call.returns, filtered)


def _no_distinct(call: Call) -> None:
    if call.distinct:
        raise UsageError(f"{call.name}(distinct …) is not translated; use SELECT DISTINCT in an inner query.")


def _map_agg(call: Call) -> exp.Expr:
    _no_distinct(call)
    kept = _not_null(call, call.args[0])
    return func("map_from_entries", func("list_sort", primitive(kept, "list", func("row", *call.args))))


def _multimap_agg(call: Call) -> exp.Expr:
    _no_distinct(call)
    kept = _not_null(call, call.args[0])
    return func("lake_multimap", primitive(kept, "list", func("row", *call.args)))


def _histogram(call: Call) -> exp.Expr:
    _no_distinct(call)
    kept = _not_null(call, call.args[0])
    return cast(primitive(kept, "histogram", call.args[0]), call.returns)


aggregate("map_agg", "any any", lambda t: athena_types.map_of(t[0], t[1]), _map_agg)
aggregate("multimap_agg", "any any", lambda t: athena_types.map_of(t[0], athena_types.array(t[1])), _multimap_agg)
aggregate("histogram", "any", lambda t: athena_types.map_of(t[0], DType.BIGINT.into_expr()), _histogram)


def _listagg(call: Call) -> exp.Expr:
    separator = call.args[1] if len(call.args) == 2 else exp.Literal.string("")
    if not call.order:
        raise UsageError("listagg(x, ',') needs WITHIN GROUP (ORDER BY …).")
    joined = exp.Anonymous(
        this="string_agg",
        expressions=[
            exp.Distinct(expressions=[call.args[0].copy()]) if call.distinct else call.args[0].copy(),
            exp.Order(this=separator.copy(), expressions=[o.copy() for o in call.order]),
        ],
    )
    return call.wrap(joined)


aggregate("listagg", "text text?", "varchar", _listagg)


def _grouping(call: Call) -> exp.Expr:
    return cast(func("grouping", *call.args), "integer")


scalar("grouping", "any any*", "integer", _grouping)


refuse(
    "approx_set merge empty_approx_set tdigest_agg qdigest_agg value_at_quantile values_at_quantiles approx_most_frequent "
    "numeric_histogram",
    "sketches are not supported offline; use approx_distinct() or approx_percentile() on the rows",
)
refuse(
    "skewness kurtosis entropy map_union reduce_agg set_agg set_union bitwise_and_agg bitwise_or_agg regr_count regr_r2",
    "compute it from sum(), count() and array_agg()",
)
