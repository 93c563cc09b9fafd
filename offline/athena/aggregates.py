"""Aggregates and window functions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types
from offline.athena.numbers import same
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


aggregate("count", "any*", "bigint", _count)
aggregate("sum", "number", _sum_type)
aggregate("avg", "number", _avg_type, _avg)
aggregate("min", "any", same)
aggregate("max", "any", same)
aggregate("count_if", "boolean", "bigint")
aggregate("bool_and", "boolean", "boolean")
aggregate("bool_or", "boolean", "boolean")
alias("every", "bool_and")
aggregate("arbitrary", "any", same, "any_value")
alias("any_value", "arbitrary")
aggregate("max_by", "any any", same, "arg_max_null")
aggregate("min_by", "any any", same, "arg_min_null")
for _name, _duck in {
    "stddev": "stddev_samp", "stddev_samp": "", "stddev_pop": "", "variance": "var_samp", "var_samp": "", "var_pop": "",
}.items():  # fmt: skip
    aggregate(_name, "number", "double", _duck or None)
aggregate("geometric_mean", "number", "double")
for _name in ("corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept"):
    aggregate(_name, "number number", "double")


def _approx_distinct(call: Call) -> exp.Expr:
    return cast(primitive(Call(call.name, call.args, call.types, call.returns, call.wrap, True), "count", call.args[0]), "bigint")


def _approx_percentile(call: Call) -> exp.Expr:
    is_list = athena_types.family(call.types[1]) == "array"
    share = call.args[1] if is_list else cast(call.args[1], "double")
    return cast(primitive(call, "quantile_disc", call.args[0], share), call.returns)


# Exact where Athena is approximate: within Athena's error bound, and repeatable.
aggregate("approx_distinct", "any number?", "bigint", _approx_distinct)
aggregate(
    "approx_percentile",
    "number number|array",
    lambda t: athena_types.array(t[0]) if athena_types.family(t[1]) == "array" else t[0],
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
    return cast(func("grouping", *call.args), "bigint")


scalar("grouping", "any any*", "bigint", _grouping)


def _ranked(call: Call) -> exp.Expr:
    return call.wrap(func(call.name, *call.args))


for _name in ("row_number", "rank", "dense_rank"):
    scalar(_name, "", "bigint", _ranked, kind="window")
for _name in ("percent_rank", "cume_dist"):
    scalar(_name, "", "double", _ranked, kind="window")
scalar("ntile", "number", "bigint", _ranked, kind="window")

_VALUES: dict[str, type[exp.Expr]] = {
    "lag": exp.Lag, "lead": exp.Lead, "first_value": exp.FirstValue, "last_value": exp.LastValue, "nth_value": exp.NthValue,
}  # fmt: skip


def _value(call: Call) -> exp.Expr:
    slots = ("this", "offset", "default")
    value = _VALUES[call.name](**{k: a.copy() for k, a in zip(slots, call.args, strict=False)})
    return call.wrap(value)


for _name, _parameters in {
    "lag": "any number? any?", "lead": "any number? any?", "first_value": "any", "last_value": "any", "nth_value": "any number",
}.items():  # fmt: skip
    scalar(_name, _parameters, same, _value, kind="window")

refuse(
    "approx_set merge empty_approx_set tdigest_agg qdigest_agg value_at_quantile values_at_quantiles approx_most_frequent "
    "numeric_histogram",
    "sketches are not supported offline; use approx_distinct() or approx_percentile() on the rows",
)
refuse(
    "skewness kurtosis entropy map_union reduce_agg set_agg set_union bitwise_and_agg bitwise_or_agg regr_count regr_r2",
    "compute it from sum(), count() and array_agg()",
)
