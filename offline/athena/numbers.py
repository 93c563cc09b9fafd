"""Numeric and conditional functions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types, coercion, equality, java_format, moments
from offline.athena.registry import Call, alias, cast, func, refuse, scalar


def same(types: Sequence[exp.DataType]) -> exp.DataType:
    return types[0]


def _rounded(types: Sequence[exp.DataType]) -> exp.DataType:
    kind = types[0]
    if not athena_types.is_decimal(kind):
        return kind
    precision, scale = athena_types.digits(kind)
    if len(types) == 2:
        return athena_types.decimal(precision + 1, scale)
    return athena_types.decimal(precision - scale + min(scale, 1), 0)


def _typed(name: str) -> None:
    """round, floor …: DuckDB's function cast to the decimal that Trino returns."""

    def emit(call: Call) -> exp.Expr:
        return cast(func(name, *call.args), call.returns)

    scalar(name, "number number?" if name == "round" else "number", _rounded, emit)


for _name in ("round", "floor", "ceil"):
    _typed(_name)
alias("ceiling", "ceil")


def _truncated(types: Sequence[exp.DataType]) -> exp.DataType:
    kind = types[0]
    if athena_types.family(kind) != "number":
        return kind
    if athena_types.is_float(kind):
        if len(types) == 2:
            raise UsageError("truncate(x, n) takes a decimal in Athena; use cast(x as decimal(p,s)).")
        return kind
    precision, scale = athena_types.digits(kind)
    return athena_types.decimal(precision, scale) if len(types) == 2 else athena_types.decimal(max(precision - scale, 1), 0)


def _truncate(call: Call) -> exp.Expr:
    return cast(func("trunc", *call.args), call.returns)


scalar("truncate", "number number?", _truncated, _truncate)
scalar("abs", "number", same, lambda call: cast(func("abs", *call.args), call.returns))
scalar(
    "sign",
    "number",
    lambda t: athena_types.decimal(1, 0) if athena_types.is_decimal(t[0]) else t[0],
    lambda call: cast(func("sign", *call.args), call.returns),
)
for _name in ("sqrt cbrt exp ln log2 log10 sin cos tan asin acos atan degrees radians sinh cosh tanh").split():
    scalar(_name, "number", "double", f"lake_{_name}" if _name in ("sqrt", "ln", "log2", "log10", "asin", "acos") else None)
scalar("atan2", "number number", "double")
scalar("power", "number number", "double", lambda c: func("power", cast(c.args[0], "double"), cast(c.args[1], "double")))
alias("pow", "power")
scalar("log", "number number", "double", lambda c: func("lake_log", cast(c.args[0], "double"), cast(c.args[1], "double")))
scalar("pi", "", "double")
scalar("e", "", "double", lambda _: func("exp", exp.Literal.number("1e0")))
scalar("nan", "", "double", lambda _: cast(exp.Literal.string("nan"), "double"))
scalar("infinity", "", "double", lambda _: cast(exp.Literal.string("inf"), "double"))
scalar("is_nan", "number", "boolean", lambda c: func("isnan", cast(c.args[0], "double")))
scalar("is_finite", "number", "boolean", lambda c: func("isfinite", cast(c.args[0], "double")))
scalar("is_infinite", "number", "boolean", lambda c: func("isinf", cast(c.args[0], "double")))
scalar(
    "width_bucket",
    "number number|array number? number?",
    "bigint",
    lambda c: func("lake_width_bucket" if len(c.args) == 4 else "lake_width_bucket_of", *c.args),
)
scalar("bitwise_not", "number", "bigint", "lake_bitwise_not")
scalar("to_base", "number number", "varchar", "lake_py_to_base")
scalar("from_base", "text number", "bigint", "lake_py_from_base")
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    scalar(_name, "number number", "bigint", f"lake_{_name}")


def _mod(call: Call) -> exp.Expr:
    if call.returns == athena_types.UNKNOWN:
        raise UsageError(
            "mod(): the type of one argument could not be inferred; wrap it in cast(… as bigint), or in a cast to its own type."
        )
    sides = [cast(a, call.returns) if athena_types.is_float(call.returns) else exp.Paren(this=a.copy()) for a in call.args]
    return cast(exp.Mod(this=sides[0], expression=sides[1]), call.returns)


scalar("mod", "number number", lambda t: coercion.arithmetic("%", t[0], t[1]), _mod)


def _coalesce(call: Call) -> exp.Expr:
    node = func("coalesce", *call.args)
    return node if call.returns in (athena_types.UNKNOWN, athena_types.NULL) else cast(node, call.returns)


scalar("coalesce", "any any any*", lambda t: coercion.common(t, where="coalesce()"), _coalesce)


def _nullif(types: Sequence[exp.DataType]) -> exp.DataType:
    coercion.common(types, where="nullif()")
    return types[0]


def _nullif_call(call: Call) -> exp.Expr:
    test = equality.equal(call.args[0], call.args[1], coercion.common(call.types, where="nullif()"))
    null = exp.Null()
    return exp.Case(ifs=[exp.If(this=test, true=null)], default=call.args[0].copy())


scalar("nullif", "any any", _nullif, _nullif_call)
scalar("try", "any", same, lambda call: moments.tried(call.args[0]))


def without_nan(node: exp.Expr) -> exp.Expr:
    """Null for NaN: DuckDB orders NaN above all numbers, Athena's max() and greatest() below."""
    number = cast(node, "double")
    return exp.Case(ifs=[exp.If(this=func("isnan", number), true=exp.Null())], default=node.copy())


def _extreme(name: str) -> None:
    """greatest, least: null if any argument is null, unlike DuckDB's."""

    def emit(call: Call) -> exp.Expr:
        nulls: exp.Expr = exp.Is(this=call.args[0].copy(), expression=exp.Null())
        for arg in call.args[1:]:
            nulls = exp.Or(this=nulls, expression=exp.Is(this=arg.copy(), expression=exp.Null()))
        extreme = func(name, *call.args)
        if name == "greatest" and athena_types.is_float(call.returns):  # NaN is the greatest only among NaN
            extreme = func("coalesce", func(name, *(without_nan(a) for a in call.args)), extreme)
        typed = extreme if call.returns == athena_types.UNKNOWN else cast(extreme, call.returns)
        return exp.Case(ifs=[exp.If(this=nulls, true=exp.Null())], default=typed)

    scalar(name, "any any any*", lambda t: coercion.common(t, where=f"{name}()"), emit)


_extreme("greatest")
_extreme("least")


def _format(call: Call) -> exp.Expr:
    pattern = call.text(0, what="the pattern")
    java_format.check(pattern, [_format_kind(kind) for kind in call.types[1:]])
    texts = [_format_text(node, kind) for node, kind in zip(call.args[1:], call.types[1:], strict=True)]
    return func("lake_py_format", pattern, func("list_value", *texts) if texts else exp.Array(expressions=[]))


def _format_kind(kind: exp.DataType) -> str:
    if athena_types.is_integer(kind):
        return "integer"
    if athena_types.is_decimal(kind):
        return "decimal"
    if athena_types.is_float(kind):
        return "double"
    return "date" if kind.this is exp.DType.DATE else athena_types.family(kind) or "null"


def _format_text(node: exp.Expr, kind: exp.DataType) -> exp.Expr:
    if athena_types.is_float(kind):
        return func("lake_py_java_double", cast(cast(node, "varchar"), "double"))
    return cast(node, "varchar")


scalar("format", "text any*", "varchar", _format)


def _typeof(call: Call) -> exp.Expr:
    """The name, computed from the argument if that is an aggregate: the query still has one row per group."""
    kind = athena_types.type_name(call.types[0]).replace("timestamp with", "timestamp(3) with")
    name = exp.Literal.string(kind)
    if isinstance(call.args[0], exp.Literal):
        return name
    return exp.Case(ifs=[exp.If(this=exp.Is(this=call.args[0].copy(), expression=exp.Null()), true=name)], default=name.copy())


scalar("typeof", "any", "varchar", _typeof)
refuse("random rand shuffle uuid", "it returns a different value each time; order by a hash or an id, or use row_number()")
refuse("checksum", "its value depends on Athena's internal hash; compare count(*), sum() and min()/max() instead")
refuse("xxhash64 murmur3 spooky_hash_v2_32 spooky_hash_v2_64 hmac_sha256", "use md5() or sha256()")
refuse("bit_count bitwise_left_shift bitwise_right_shift bitwise_right_shift_arithmetic", "compute it outside the query")
refuse("cosine_similarity normal_cdf inverse_normal_cdf beta_cdf", "compute it outside the query")
refuse("if", "write if(condition, a, b)")
