"""Registry of Athena's functions: parameter types, return type, and how to write the call for DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlglot import exp

from contracts.document import nearest
from contracts.errors import UsageError
from offline.athena import athena_types

Kind = Literal["scalar", "aggregate", "window"]
ReturnRule = Callable[[Sequence[exp.DataType]], exp.DataType]


@dataclass(frozen=True)
class Call:
    """One call with its arguments already translated; `types` are the arguments' Athena types."""

    name: str
    args: list[exp.Expr]
    types: list[exp.DataType]
    returns: exp.DataType
    wrap: Callable[[exp.Expr], exp.Expr] = lambda node: node  # FILTER, WITHIN GROUP, IGNORE NULLS, OVER
    distinct: bool = False
    order: list[exp.Expr] = field(default_factory=list)

    def text(self, position: int, *, what: str) -> str:
        """The string literal at `position`: patterns, units and zones must be literals, or they cannot be translated."""
        node = self.args[position]
        if isinstance(node, exp.Literal) and node.is_string:
            return str(node.this)
        raise UsageError(f"{self.name}(): {what} must be a literal in quotes, not an expression.")


Emit = Callable[[Call], exp.Expr]


@dataclass(frozen=True)
class Function:
    """`parameters` has a type family for each argument: text, number, datetime, array, any …; `?` optional, `*` repeated.

    A lambda is written as its parameters in parentheses, such as `(e)`. Each is e (element of the first array), f (of the
    second), k and v (key and value of a map), or s (type of the second argument).
    """

    name: str
    parameters: tuple[str, ...]
    returns: ReturnRule
    emit: Emit
    kind: Kind = "scalar"


FUNCTIONS: dict[str, Function] = {}
REFUSED: dict[str, str] = {}


def func(name: str, *args: exp.Expr | str | int) -> exp.Expr:
    """A call of a DuckDB function or of one of our macros; str and int arguments become literals."""
    nodes = [_literal(a) if isinstance(a, str | int) else a.copy() for a in args]
    return exp.Anonymous(this=name, expressions=nodes)


def _literal(value: str | int) -> exp.Expr:
    if isinstance(value, str):
        return exp.Literal.string(value)
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def cast(node: exp.Expr, kind: exp.DataType | str) -> exp.Expr:
    """A cast in DuckDB to the DuckDB form of an Athena type."""
    kind = athena_types.build(kind) if isinstance(kind, str) else kind
    return exp.Cast(this=node.copy(), to=athena_types.duckdb(kind))


def scalar(
    name: str, parameters: str, returns: str | ReturnRule, emit: str | Emit | None = None, *, kind: Kind = "scalar"
) -> None:
    """Declare a function. `returns` is a type name or a rule; `emit` a DuckDB function name (default: `name`) or a rule."""
    return_rule: ReturnRule = _constant(returns) if isinstance(returns, str) else returns
    emit_rule: Emit = _renamed(emit or name) if emit is None or isinstance(emit, str) else emit
    FUNCTIONS[name] = Function(name, tuple(parameters.split()), return_rule, emit_rule, kind)


def aggregate(name: str, parameters: str, returns: str | ReturnRule, emit: str | Emit | None = None) -> None:
    """Declare an aggregate. With a DuckDB name, DISTINCT, ORDER BY, FILTER and OVER are kept and the result is cast."""
    rule = emit if callable(emit) else _aggregate(emit or name)
    scalar(name, parameters, returns, rule, kind="aggregate")


def alias(new: str, old: str) -> None:
    FUNCTIONS[new] = replace(FUNCTIONS[old], name=new)


def refuse(names: str, reason: str) -> None:
    """Declare Athena functions that cannot be translated faithfully; `reason` names an alternative."""
    REFUSED.update(dict.fromkeys(names.split(), reason))


def _constant(text: str) -> ReturnRule:
    kind = athena_types.build(text)
    return lambda _: kind.copy()


def _renamed(name: str) -> Emit:
    return lambda call: func(name, *call.args)


def primitive(call: Call, name: str, *args: exp.Expr, order: bool = True) -> exp.Expr:
    """One DuckDB aggregate over `args` with the DISTINCT, ORDER BY, FILTER and OVER of the call."""
    nodes: list[exp.Expr] = [a.copy() for a in args]
    if call.distinct:
        nodes = [exp.Distinct(expressions=nodes)]
    if call.order and order:
        nodes[-1] = exp.Order(this=nodes[-1], expressions=[o.copy() for o in call.order])
    return call.wrap(exp.Anonymous(this=name, expressions=nodes))


def _aggregate(name: str) -> Emit:
    def emit(call: Call) -> exp.Expr:
        result = primitive(call, name, *call.args)
        return result if call.returns == athena_types.UNKNOWN else cast(result, call.returns)

    return emit


def lookup(name: str) -> Function:
    """Look up a function. Raises UsageError with the closest names, or with the reason why it is not translated."""
    function = FUNCTIONS.get(name)
    if function:
        return function
    if name in REFUSED:
        raise UsageError(f"{name}() is not translated: {REFUSED[name]}.")
    near = nearest(name, FUNCTIONS, limit=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(f"{name}() is not a function of Athena that `shoplake sql` can translate.{hint}")


def check_arguments(function: Function, types: Sequence[exp.DataType]) -> None:
    """Raise UsageError unless the number and the type families of the arguments match the parameters."""
    slots = _slots(function.parameters, len(types))
    if slots is None:
        signature = ", ".join(_described(p) for p in function.parameters) or "no arguments"
        raise UsageError(f"{function.name}() takes {signature}, but got {len(types)} argument(s).")
    for slot, kind in zip(slots, types, strict=True):
        family = athena_types.family(kind)
        if slot.startswith("(") or slot == "any" or not family or family in slot.split("|"):
            continue
        advice = f"cast it, or use a function for {family} values"
        if family == "zoned":
            advice = "wrap it in cast(… at time zone '…' as timestamp) first"
        raise UsageError(f"{function.name}() takes {_described(slot)} here, but got {athena_types.type_name(kind)}; {advice}.")


def _described(parameter: str) -> str:
    """A parameter as a message names it: `number?` → a number (optional)."""
    slot = parameter.rstrip("?*")
    families = [_DESCRIPTIONS.get(f, f) for f in slot.split("|") if f != "zoned"]
    text = "a lambda" if slot.startswith("(") else " or ".join(families)
    return text + {"?": " (optional)", "*": " (any number)"}.get(parameter[-1], "")


_DESCRIPTIONS = {"datetime": "a date or timestamp", "number": "a number", "binary": "varbinary", "any": "any value"}


def _slots(parameters: tuple[str, ...], count: int) -> list[str] | None:
    required = [p for p in parameters if not p.endswith(("?", "*"))]
    repeated = next((p[:-1] for p in parameters if p.endswith("*")), None)
    slots = [p.rstrip("?*") for p in parameters]
    if count < len(required):
        return None
    if repeated:
        return (slots + [repeated] * count)[:count]
    return slots[:count] if count <= len(slots) else None
