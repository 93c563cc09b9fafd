"""Columns with one value per source, such as the currency: amounts in two currencies would be added up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from contracts import Contract
from contracts.document import few
from contracts.errors import SourceError
from glue_jobs.lib.lake.context import Lake

LOWEST, HIGHEST = "lowest ", "highest "
NAMED = 6  # values in one sentence


def bounds(contract: Contract, is_kept: Column) -> list[Column]:
    """The lowest and highest value of each such column, as aggregates over the rows that are kept."""
    kept = {name: F.when(is_kept, F.col(name)) for name in _columns(contract)}
    return [
        bound for name, value in kept.items() for bound in (F.min(value).alias(LOWEST + name), F.max(value).alias(HIGHEST + name))
    ]


def contradictions(
    lake: Lake, contract: Contract, seen: Mapping[str, Any], *, source: str, scope: Sequence[str] | None
) -> Iterator[tuple[str, str | None]]:
    """Such columns with several values, each with the value in the periods that the run leaves as they are.

    `seen` has the `bounds` of the staged rows.
    """
    for name in _columns(contract):
        lowest, highest = seen[LOWEST + name], seen[HIGHEST + name]
        if lowest is not None:
            standing = None if scope is None else _standing(lake, contract, name, source=source, scope=scope)
            if not lowest == highest == (standing or highest):
                yield name, standing


def refusal(contract: Contract, staged: DataFrame, column: str, standing: str | None, *, source: str) -> SourceError:
    """The error that names the values among the staged rows."""
    rows = staged.where(F.col(column).isNotNull()).groupBy(column).agg(F.count("*"), F.min(contract.key[0]))
    counted = {value: f"{value} ({count} rows, such as {example})" for value, count, example in rows.orderBy(column).collect()}
    if standing:
        counted.setdefault(standing, f"{standing} (loaded before)")
    return SourceError(
        f"{source}.{contract.name}: has several values of {column}: {few(list(counted.values()), NAMED)}; a source has one "
        f"{column}, because its amounts are added up, so nothing was committed. Convert the amounts in {contract.name}.sql by a "
        f"file of exchange rates, filter the other rows with `leave_out`, or load each {column} as a source of its own; see "
        "docs/bring-your-own-shop.md."
    )


def _columns(contract: Contract) -> list[str]:
    return [column.name for column in contract.data_columns if column.one_per_source]


def _standing(lake: Lake, contract: Contract, name: str, *, source: str, scope: Sequence[str]) -> str | None:
    """A value in the periods that this run leaves as they are: all of them have the same."""
    rows = lake.read(contract.name, source=source).where(F.col(name).isNotNull() & ~F.col("period").isin(list(scope)))
    first = rows.select(name).head()
    return None if first is None else str(first[0])
