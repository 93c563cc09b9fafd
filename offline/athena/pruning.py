"""Which partitions a query can need, from the conditions that it puts on partition columns: other files are not even opened."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sqlglot import exp

from offline.athena.resolver import VIEW_PREFIX

_SIGNS: dict[type[exp.Expr], Callable[[str, str], bool]] = {
    exp.EQ: operator.eq,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
}
_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
}


@dataclass(frozen=True)
class Condition:
    """A condition that no null satisfies, so that it holds on either side of an outer join."""

    column: str
    holds: Callable[[str], bool]


@dataclass(frozen=True)
class Partitions:
    """The partitions that are read: those that meet all conditions of one of the places where the query names the table."""

    places: tuple[tuple[Condition, ...], ...]

    def files(self, files: Iterable[Path]) -> list[Path]:
        if not all(self.places):
            return list(files)
        return [file for file in files if self._is_read(_values(file))]

    def _is_read(self, values: Mapping[str, str]) -> bool:
        return any(all(c.column not in values or c.holds(values[c.column]) for c in place) for place in self.places)


def _values(file: Path) -> dict[str, str]:
    pairs = (part.partition("=") for part in file.parent.parts if "=" in part)
    return {name.lower(): unquote(value) for name, _, value in pairs}


def partitions(tree: exp.Query, partition_columns: Mapping[str, Sequence[str]]) -> dict[str, Partitions]:
    """For each table of a qualified query what it reads; `partition_columns` by the table's key."""
    found: dict[str, list[tuple[Condition, ...]]] = {}
    for table in tree.find_all(exp.Table):
        if not table.name.startswith(VIEW_PREFIX):
            continue
        key = table.name.removeprefix(VIEW_PREFIX)
        select = table.find_ancestor(exp.Select)
        conditions = _conditions(select, table.alias_or_name, partition_columns.get(key, ())) if select is not None else iter(())
        found.setdefault(key, []).append(tuple(conditions))
    return {key: Partitions(tuple(places)) for key, places in found.items()}


def _conditions(select: exp.Select, alias: str, columns: Sequence[str]) -> Iterator[Condition]:
    where = select.args.get("where")
    if where is None:
        return
    parts = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    for part in parts:
        condition = _condition(part.unnest(), alias, columns)
        if condition is not None:
            yield condition


def _condition(part: exp.Expr, alias: str, columns: Sequence[str]) -> Condition | None:
    column, other = part.this, part.args.get("expression")
    if type(part) in _MIRRORED and isinstance(other, exp.Column):
        column, other, kind = other, column, _MIRRORED[type(part)]
    else:
        kind = type(part)
    if not isinstance(column, exp.Column) or column.table != alias or column.name not in columns:
        return None
    if kind in _SIGNS and _is_text(other):
        sign, text = _SIGNS[kind], str(other.this) if isinstance(other, exp.Literal) else ""
        return Condition(column.name, lambda value: sign(value, text))
    if isinstance(part, exp.In) and part.expressions and all(map(_is_text, part.expressions)):
        texts = {str(e.this) for e in part.expressions}
        return Condition(column.name, lambda value: value in texts)
    if isinstance(part, exp.Between) and _is_text(part.args["low"]) and _is_text(part.args["high"]):
        low, high = str(part.args["low"].this), str(part.args["high"].this)
        return Condition(column.name, lambda value: low <= value <= high)
    return None


def _is_text(node: object) -> bool:
    return isinstance(node, exp.Literal) and node.is_string
