"""Window functions."""

from __future__ import annotations

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena.numbers import same
from offline.athena.registry import Call, func, scalar


def _ranked(call: Call) -> exp.Expr:
    return _unframed(call, call.wrap(func(call.name, *call.args)))


def _unframed(call: Call, window: exp.Expr) -> exp.Expr:
    """Ranks and neighbors take no frame; UsageError for one."""
    spec = window.args.get("spec")
    if spec is not None:
        raise UsageError(f"{call.name}() takes no frame; remove {spec.sql(dialect='trino')}.")
    return window


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
    offset = call.args[1] if len(call.args) > 1 else None
    if call.name == "nth_value" and isinstance(offset, exp.Literal) and int(offset.name) < 1:
        raise UsageError("nth_value(): the offset must be at least 1.")
    window = call.wrap(value)
    if call.name not in ("lag", "lead"):
        return window
    if isinstance(offset, exp.Null | exp.Neg):
        raise UsageError(f"{call.name}(): the offset must be at least 0.")
    if window.args.get("order") is None and not window.args.get("alias"):
        raise UsageError(f"{call.name}() needs OVER (ORDER BY …).")
    return _unframed(call, window)


for _name, _parameters in {
    "lag": "any number? any?", "lead": "any number? any?", "first_value": "any", "last_value": "any", "nth_value": "any number",
}.items():  # fmt: skip
    scalar(_name, _parameters, same, _value, kind="window")
