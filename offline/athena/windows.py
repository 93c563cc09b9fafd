"""Window functions."""

from __future__ import annotations

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena.numbers import same
from offline.athena.registry import Call, func, scalar


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
    offset = call.args[1] if len(call.args) > 1 else None
    if call.name == "nth_value" and isinstance(offset, exp.Literal) and int(offset.name) < 1:
        raise UsageError("nth_value(): the offset must be at least 1.")
    return call.wrap(value)


for _name, _parameters in {
    "lag": "any number? any?", "lead": "any number? any?", "first_value": "any", "last_value": "any", "nth_value": "any number",
}.items():  # fmt: skip
    scalar(_name, _parameters, same, _value, kind="window")
