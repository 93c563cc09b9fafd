"""Which partitions a query can need, from the conditions that it puts on partition columns: other files are not even opened."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


# What a value must meet, by the column that has it.
Wanted = Mapping[str, Sequence[Callable[[str], bool]]]


def partitions(tree: exp.Query, partition_columns: Mapping[str, Sequence[str]]) -> dict[str, Partitions]:
    """For each table of a qualified query what it reads; `partition_columns` by the table's key."""
    places = _Places(partition_columns)
    places.visit(tree, {}, {})
    return {key: Partitions(tuple(found)) for key, found in places.found.items()}


@dataclass
class _Places:
    """Where a query names tables, and what it needs there. Conditions reach it through views, CTEs and joins."""

    partition_columns: Mapping[str, Sequence[str]]
    found: dict[str, list[tuple[Condition, ...]]] = field(default_factory=dict)

    def visit(self, query: exp.Expr, wanted: Wanted, named: Mapping[str, list[Wanted]]) -> None:
        """One query whose result is only needed where its columns meet `wanted`; `named` collects what is needed of each CTE."""
        ctes = query.ctes if isinstance(query, exp.Query) else []
        own: dict[str, list[Wanted]] = {cte.alias: [] for cte in ctes}
        named = {**named, **own}
        wanted = {} if query.args.get("limit") or query.args.get("offset") else wanted
        if isinstance(query, exp.Select):
            self._select(query, wanted, named)
        elif isinstance(query, exp.SetOperation):
            for side in (query.this, query.expression):
                self.visit(side, wanted if side.named_selects == query.named_selects else {}, named)
        else:
            self.visit(query.this, wanted, named)
        for cte in reversed(ctes):
            self.visit(cte.this, {} if cte.alias_column_names else _needed_by_any(own[cte.alias]), named)

    def _select(self, select: exp.Select, wanted: Wanted, named: Mapping[str, list[Wanted]]) -> None:
        joins = select.args.get("joins") or []
        start = select.args.get("from_") or select.args.get("from")
        sources = [part.this for part in (start, *joins) if part is not None]
        needed = _conditions(select, wanted)
        for source in sources:
            self._source(source, needed.get(source.alias_or_name, {}), named)
            for inner in source.args.get("joins") or []:
                self._source(inner.this, {}, named)
        elsewhere = [value for name, value in select.args.items() if name not in ("from_", "from", "joins", "with_", "with")]
        for part in [*elsewhere, *(join.args.get("on") for join in joins)]:
            for query in _nested(part):
                self.visit(query, {}, named)

    def _source(self, source: exp.Expr, needed: Wanted, named: Mapping[str, list[Wanted]]) -> None:
        if isinstance(source, exp.Table) and source.name.startswith(VIEW_PREFIX):
            key = source.name.removeprefix(VIEW_PREFIX)
            columns = self.partition_columns.get(key, ())
            conditions = [Condition(column, holds) for column in columns for holds in needed.get(column, ())]
            self.found.setdefault(key, []).append(tuple(conditions))
        elif isinstance(source, exp.Table):
            if source.name in named:
                named[source.name].append(needed)
        elif isinstance(source, exp.Query):
            self.visit(source, {} if source.alias_column_names else needed, named)
        else:
            for query in _nested(source):
                self.visit(query, {}, named)


def _nested(part: object) -> Iterator[exp.Query]:
    """The outermost queries in a part of a query."""
    for node in part if isinstance(part, list) else [part]:
        if isinstance(node, exp.Query):
            yield node
        elif isinstance(node, exp.Expr):
            for child in node.iter_expressions():
                yield from _nested(child)


def _needed_by_any(references: Sequence[Wanted]) -> Wanted:
    """What is needed of a CTE: the columns that every reference restricts, where a value that suits one of them is needed."""
    if not references:
        return {}
    common = set(references[0]).intersection(*references[1:])

    def suits(column: str) -> Callable[[str], bool]:
        return lambda value: any(all(holds(value) for holds in one[column]) for one in references)

    return {column: [suits(column)] for column in common}


def _conditions(select: exp.Select, wanted: Wanted) -> dict[str, dict[str, list[Callable[[str], bool]]]]:
    """What the SELECT needs of its sources: by alias and column."""
    needed: dict[str, dict[str, list[Callable[[str], bool]]]] = {}
    where = select.args.get("where")
    for part in _conjuncts(where.this if where is not None else None):
        if condition := _condition(part.unnest()):
            column, holds = condition
            needed.setdefault(column.table, {}).setdefault(column.name, []).append(holds)
    for projection in select.selects:
        inner = projection.unalias()
        if projection.alias_or_name in wanted and isinstance(inner, exp.Column) and _is_fixed(select, inner):
            needed.setdefault(inner.table, {}).setdefault(inner.name, []).extend(wanted[projection.alias_or_name])
    equal = [part.unnest() for join in select.args.get("joins") or [] for part in _conjuncts(join.args.get("on"))]
    pairs = [(part.left, part.right) for part in equal if isinstance(part, exp.EQ)]
    for one, other in [*pairs, *((right, left) for left, right in reversed(pairs))]:
        if isinstance(one, exp.Column) and isinstance(other, exp.Column) and one.name in needed.get(one.table, {}):
            found = needed.setdefault(other.table, {}).setdefault(other.name, [])
            found.extend(holds for holds in needed[one.table][one.name] if holds not in found)
    return needed


def _is_fixed(select: exp.Select, column: exp.Column) -> bool:
    """Whether rows with another value of the column change nothing in the rows with this one."""
    group = select.args.get("group")
    windows = [window for part in select.selects for window in part.find_all(exp.Window)]
    return (group is None or column in group.expressions) and all(
        column in window.args.get("partition_by", []) for window in windows
    )


def _conjuncts(condition: exp.Expr | None) -> Sequence[exp.Expr]:
    if condition is None:
        return []
    return list(condition.flatten()) if isinstance(condition, exp.And) else [condition]


def _condition(part: exp.Expr) -> tuple[exp.Column, Callable[[str], bool]] | None:
    """The column and what its value must meet, for a comparison with text."""
    column, other = part.this, part.args.get("expression")
    if type(part) in _MIRRORED and isinstance(other, exp.Column):
        column, other, kind = other, column, _MIRRORED[type(part)]
    else:
        kind = type(part)
    if not isinstance(column, exp.Column):
        return None
    if kind in _SIGNS and _is_text(other):
        sign, text = _SIGNS[kind], str(other.this) if isinstance(other, exp.Literal) else ""
        return column, lambda value: sign(value, text)
    if isinstance(part, exp.In) and part.expressions and all(map(_is_text, part.expressions)):
        texts = {str(e.this) for e in part.expressions}
        return column, lambda value: value in texts
    if isinstance(part, exp.Between) and _is_text(part.args["low"]) and _is_text(part.args["high"]):
        low, high = str(part.args["low"].this), str(part.args["high"].this)
        return column, lambda value: low <= value <= high
    return None


def _is_text(node: object) -> bool:
    return isinstance(node, exp.Literal) and node.is_string
