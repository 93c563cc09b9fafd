"""Which columns of a SELECT may be added up, and sums that contradict it: counts of distinct things, shares and averages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from athena_queries.views import View, load_views
from contracts import Contract, load_all


@dataclass(frozen=True)
class Relation:
    """What rows of a table, a view or a CTE are by, and over which of these columns each other column is additive."""

    grain: frozenset[str]
    additive: dict[str, frozenset[str]]


@dataclass
class Findings:
    """The additive columns of a SELECT's result, and its wrong sums."""

    result: Relation
    wrong: list[str] = field(default_factory=list)


def of_table(contract: Contract) -> Relation:
    return Relation(frozenset(contract.key), {column.name: frozenset(column.additive) for column in contract.columns})


def of_view(view: View) -> Relation:
    grain = frozenset(name.strip() for name in view.grain.split(",")) - {"source"}
    return Relation(grain, {column.name: frozenset(column.additive) for column in view.columns})


def check(sql: str) -> Findings:
    """The findings for a SELECT in Athena's SQL over curated tables and views; sums over other tables are not judged."""
    tables, views = load_all("curated"), load_views()
    known = {name: of_table(table) for name, table in tables.items()} | {name: of_view(view) for name, view in views.items()}
    schema: dict[str, object] = {name: dict.fromkeys(table.names, "unknown") for name, table in load_all().items()}
    schema |= {name: {column.name: "unknown" for column in view.columns} for name, view in views.items()}
    scope = build_scope(qualify(sqlglot.parse_one(sql, read="athena"), schema=schema, validate_qualify_columns=False))
    assert scope is not None, "not a SELECT"
    findings = Findings(Relation(frozenset(), {}))
    for part in scope.traverse():
        findings.result = known[str(id(part))] = _scope(part, known, findings.wrong)
    return findings


def _scope(scope: Scope, known: dict[str, Relation], wrong: list[str]) -> Relation:
    sources = {}
    for alias, source in scope.sources.items():
        sources[alias] = known.get(source.name if isinstance(source, exp.Table) else str(id(source)))
    select = scope.expression
    group = select.args.get("group")
    keys = list(group.expressions) if group else []
    fixed = set(_equated(select))
    for total in _sums(select):
        window = total.find_ancestor(exp.Window, exp.Select)
        by = window.args.get("partition_by", []) if isinstance(window, exp.Window) else keys
        kept = fixed | {(key.table, key.name) for key in by if isinstance(key, exp.Column)}
        for column in _summed(total):
            relation = sources.get(column.table)
            if relation and (over := _rolled(relation, column, kept)):
                wrong.append(f"{total.sql()} adds up over {', '.join(sorted(over))}")
    return _result(select, sources, keys)


def _rolled(relation: Relation, column: exp.Column, kept: set[tuple[str, str]]) -> set[str]:
    """The columns over which a sum of this column must not go, but goes."""
    return {name for name in relation.grain if (column.table, name) not in kept} - relation.additive.get(column.name, frozenset())


def _result(select: exp.Expression, sources: dict[str, Relation | None], keys: list[exp.Expression]) -> Relation:
    """The grain and the additive columns of the rows that the SELECT returns."""
    named = ((part.unalias(), part.alias) for part in select.selects)
    named = ((value.this if isinstance(value, exp.Coalesce) else value, alias) for value, alias in named)
    names = {value.name: alias for value, alias in named if isinstance(value, exp.Column)}
    if keys:
        written = {key.sql() for key in keys}
        grain = {part.alias for part in select.selects if part.unalias().sql() in written} - {"source"}
    else:
        grain = {names[name] for source in sources.values() if source for name in source.grain if name in names}
    additive = {}
    for part in select.selects:
        value = part.unalias()
        value = value.this if isinstance(value, exp.Coalesce | exp.Cast) else value
        if not keys and (columns := _added(value)):
            over = frozenset.intersection(*[_over(column, sources) for column in columns])
            additive[part.alias] = frozenset(names[name] for name in over if name in names)
        elif _counts_rows(value):
            additive[part.alias] = frozenset(grain)
        elif isinstance(value, exp.Sum):
            additive[part.alias] = frozenset(_of_sum(value, sources, grain, names))
    return Relation(frozenset(grain), additive)


def _added(value: exp.Expression) -> list[exp.Column]:
    """The columns whose sums a sum of this value follows from: a column, sums and differences, or a choice of such and 0."""
    if isinstance(value, exp.Column):
        return [value]
    if isinstance(value, exp.Add | exp.Sub):
        sides = _added(value.left), _added(value.right)
        return [*sides[0], *sides[1]] if all(sides) else []
    if isinstance(value, exp.Case):
        results = [*(branch.args["true"] for branch in value.args["ifs"]), value.args.get("default")]
        chosen = [_added(result) for result in results if result is not None and result.sql() != "0"]
        return [column for columns in chosen for column in columns] if all(chosen) else []
    return []


def _of_sum(total: exp.Sum, sources: dict[str, Relation | None], grain: set[str], names: dict[str, str]) -> set[str]:
    """All of the result's grain if the summed column is additive over everything, else what it is additive over."""
    columns = list(_summed(total))
    relations = [(sources.get(column.table), _over(column, sources)) for column in columns]
    if all(relation and relation.grain <= over for relation, over in relations):
        return grain
    return {names[name] for _, over in relations for name in over if name in names} & grain


def _over(column: exp.Column, sources: dict[str, Relation | None]) -> frozenset[str]:
    relation = sources.get(column.table)
    return relation.additive.get(column.name, frozenset()) if relation else frozenset()


def _counts_rows(value: exp.Expression) -> bool:
    return isinstance(value, exp.CountIf) or (isinstance(value, exp.Count) and not isinstance(value.this, exp.Distinct))


def _sums(select: exp.Expression) -> Iterator[exp.Sum]:
    """The sums of the SELECT itself, without those of its subqueries and CTEs."""
    for part in filter(None, (*select.selects, select.args.get("having"))):
        yield from (total for total in part.find_all(exp.Sum) if total.find_ancestor(exp.Select) is select)


def _summed(total: exp.Sum) -> Iterator[exp.Column]:
    """The columns that a sum adds up: of a CASE its results, not its conditions."""
    value = total.this
    if isinstance(value, exp.Case):
        results = [branch.args["true"] for branch in value.args["ifs"]]
        for result in filter(None, (*results, value.args.get("default"))):
            yield from result.find_all(exp.Column)
    else:
        yield from value.find_all(exp.Column)


def _equated(select: exp.Expression) -> Iterator[tuple[str, str]]:
    where = select.args.get("where")
    for equality in where.find_all(exp.EQ) if where else ():
        if isinstance(equality.left, exp.Column) and isinstance(equality.right, exp.Literal):
            yield equality.left.table, equality.left.name
