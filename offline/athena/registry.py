"""What a function of Athena takes and gives, and how its call is said in DuckDB."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena import athena_types

Kind = Literal["scalar", "aggregate", "window"]
Gives = Callable[[Sequence[exp.DataType]], exp.DataType]


@dataclass(frozen=True)
class Call:
    """One call with its arguments already translated; `types` are the arguments' Athena types."""

    name: str
    args: list[exp.Expr]
    types: list[exp.DataType]
    gives: exp.DataType
    wrap: Callable[[exp.Expr], exp.Expr] = lambda node: node  # FILTER, WITHIN GROUP, IGNORE NULLS, OVER
    distinct: bool = False
    order: list[exp.Expr] = field(default_factory=list)

    def text(self, position: int, *, what: str) -> str:
        """The string literal at `position`: patterns, units and zones must be literals to be translated."""
        node = self.args[position]
        if isinstance(node, exp.Literal) and node.is_string:
            return str(node.this)
        raise UsageError(f"{self.name}: {what} must be a literal in quotes, not an expression.")


Emit = Callable[[Call], exp.Expr]


@dataclass(frozen=True)
class Function:
    """`takes` names a family for each argument: text, number, moment, array, any …; `?` optional, `*` repeated.

    A lambda is written `(e)`: its parameters, each e (element of the first array), f (of the second), k and v
    (key and value of a map), s (type of the second argument).
    """

    name: str
    takes: tuple[str, ...]
    gives: Gives
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


def scalar(name: str, takes: str, gives: str | Gives, emit: str | Emit | None = None, *, kind: Kind = "scalar") -> None:
    """Declare a function. `gives` is a type name or a rule; `emit` a DuckDB name (default: the same) or a rule."""
    rule: Gives = _constant(gives) if isinstance(gives, str) else gives
    how: Emit = _renamed(emit or name) if emit is None or isinstance(emit, str) else emit
    FUNCTIONS[name] = Function(name, tuple(takes.split()), rule, how, kind)


def aggregate(name: str, takes: str, gives: str | Gives, emit: str | Emit | None = None) -> None:
    """Declare an aggregate; a DuckDB name keeps DISTINCT, ORDER BY, FILTER and OVER and is cast to what it gives."""
    how = emit if callable(emit) else _aggregate(emit or name)
    scalar(name, takes, gives, how, kind="aggregate")


def alias(new: str, old: str) -> None:
    known = FUNCTIONS[old]
    FUNCTIONS[new] = Function(new, known.takes, known.gives, known.emit, known.kind)


def refuse(names: str, reason: str) -> None:
    """Declare functions that Athena has and that have no faithful form here; `reason` says what to use instead."""
    REFUSED.update(dict.fromkeys(names.split(), reason))


def _constant(text: str) -> Gives:
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
        return result if call.gives == athena_types.UNKNOWN else cast(result, call.gives)

    return emit


def lookup(name: str) -> Function:
    """The function of that name; LakeError naming the nearest known ones, or saying why it is refused."""
    known = FUNCTIONS.get(name)
    if known:
        return known
    if name in REFUSED:
        raise UsageError(f"{name}() is not translated: {REFUSED[name]}.")
    near = difflib.get_close_matches(name, FUNCTIONS, n=3, cutoff=0.75)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(f"{name}() is not a function that `shoplake sql` knows in Athena's dialect.{hint}")


def check_arguments(function: Function, types: Sequence[exp.DataType]) -> None:
    """LakeError unless the number and the families of the arguments fit what the function takes."""
    slots = _slots(function.takes, len(types))
    if slots is None:
        wanted = " ".join(function.takes) or "nothing"
        raise UsageError(f"{function.name}() takes {wanted}; it was given {len(types)} argument(s).")
    for slot, kind in zip(slots, types, strict=True):
        found = athena_types.family(kind)
        if slot.startswith("(") or slot == "any" or not found or found in slot.split("|"):
            continue
        advice = "" if found == "zoned" else f"; cast it, or use a function for {found} values"
        if found == "zoned":
            advice = "; wrap it as cast(… at time zone '…' as timestamp) first"
        wanted = _SAID.get(slot, slot.replace("|", " or "))
        raise UsageError(f"{function.name}() takes {wanted} here, but was given {athena_types.name(kind)}{advice}.")


_SAID = {"moment": "a date or timestamp", "moment|zoned": "a date or timestamp", "number": "a number", "binary": "varbinary"}


def _slots(takes: tuple[str, ...], count: int) -> list[str] | None:
    required = [t for t in takes if not t.endswith(("?", "*"))]
    repeated = next((t[:-1] for t in takes if t.endswith("*")), None)
    slots = [t.rstrip("?*") for t in takes]
    if count < len(required):
        return None
    if repeated:
        return (slots + [repeated] * count)[:count]
    return slots[:count] if count <= len(slots) else None
