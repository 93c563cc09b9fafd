"""Which tables a SELECT reads, and the order that follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from contracts.errors import SourceError
from glue_jobs.lib.source_definition.source import Source


def references(sql: str, *, where: str) -> frozenset[str]:
    """The tables that a Spark SQL SELECT reads; its own CTEs are not among them.

    LakeError names `where` if the text does not parse.
    """
    try:
        tree = sqlglot.parse_one(sql, read="spark")
    except ParseError as error:
        detail = error.errors[0] if error.errors else {"line": "?", "description": str(error)}
        raise SourceError(f"{where}: line {detail['line']}: {detail['description']}; write one Spark SQL SELECT.") from None
    steps = {cte.alias_or_name for cte in tree.find_all(exp.CTE)}
    return frozenset(table.name for table in tree.find_all(exp.Table)) - steps


def build_order(selects: Mapping[str, str], *, where: str) -> list[tuple[str, frozenset[str]]]:
    """Tables with the tables they read, in dependency order; ties in name order.

    `selects` maps table to SQL. LakeError names the tables of a cycle.
    """
    reads = {table: references(sql, where=f"{where}/{table}.sql") for table, sql in selects.items()}
    sorter = TopologicalSorter({table: sorted(names & reads.keys()) for table, names in sorted(reads.items())})
    try:
        return [(table, reads[table]) for table in sorter.static_order()]
    except CycleError as error:
        raise SourceError(f"{where}: {' reads '.join(error.args[1])}: a table cannot read itself; break the cycle.") from None


def unread_kinds(source: Source) -> Iterator[str]:
    """A sentence for each kind whose records would become rows of a table, but whose SELECT does not read them."""
    for table, sql in sorted(source.selects.items()):
        reads = references(sql, where=f"{source.name}/{table}.sql")
        for kind in source.filling(table):
            if f"raw_{kind.name}" not in reads:
                yield (
                    f"{source.name}/source.yaml: files.{kind.name}.records is {table}, but {source.name}/{table}.sql does not "
                    f"read raw_{kind.name}; add its rows to the SELECT with `union all`, or remove `records`."
                )
