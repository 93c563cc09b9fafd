"""Timestamps read from text with a UTC offset, which Athena keeps and DuckDB does not.

Such a value carries three forms: the wall clock of its own offset for what shows or cuts it (date, hour, date_format, cast), the
instant for what compares it, and for all else the instant with an error if its offset is not zero.
"""

from __future__ import annotations

from sqlglot import exp

from contracts.errors import UsageError
from offline.athena.registry import func

_FORMS = "forms"
# Raises an error unless the instant and the wall clock are the same.
SAME = "lake_same_moment"


def moment(*, guarded: exp.Expr, instant: exp.Expr, wall: exp.Expr) -> exp.Expr:
    """A timestamp with time zone from these timestamps in UTC, and the wall clock."""
    node = _zoned(guarded)
    node.meta[_FORMS] = {"instant": _zoned(instant), "wall": wall}
    return node


def _zoned(node: exp.Expr) -> exp.Expr:
    return exp.Cast(this=node, to=exp.DType.TIMESTAMPTZ.into_expr())


def instant(node: exp.Expr) -> exp.Expr:
    """The instant of a value, for comparing it."""
    return _form(node, "instant")


def wall_clock(node: exp.Expr) -> exp.Expr:
    """The wall clock of a value in its own offset."""
    return _form(node, "wall")


def tried(node: exp.Expr) -> exp.Expr:
    """TRY over a value: null for Athena's errors, never for an offset that cannot be stored."""
    while isinstance(node, exp.Paren):
        node = node.this
    if node.meta.get(_FORMS):
        point, wall = func("try", instant(node).this), func("try", wall_clock(node))
        return moment(guarded=func(SAME, point, wall), instant=point, wall=wall)
    if any(call.name in (SAME, "lake_py_iso_guarded") for call in node.find_all(exp.Anonymous)):
        raise UsageError(
            "try() over a timestamp that may have a UTC offset is not translated; put try() directly around "
            "from_iso8601_timestamp() or parse_datetime(), and cast the result to timestamp."
        )
    return func("try", node)


def _form(node: exp.Expr, name: str) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    forms = node.meta.get(_FORMS) if node.meta else None
    return (forms[name] if forms else node).copy()


def in_comparisons(node: exp.Binary) -> None:
    """Compare instants."""
    for side in ("this", "expression"):
        part = node.args.get(side)
        if isinstance(part, exp.Expr) and part.meta.get(_FORMS):
            new = instant(part)
            new.type = part.type
            node.set(side, new)
