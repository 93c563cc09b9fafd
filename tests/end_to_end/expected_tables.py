"""Helpers of the checks of analyses: SQL of the expected tables, and their comparison with the lake's."""

from __future__ import annotations

from tests.end_to_end.comparison import differences
from tests.end_to_end.lake import TRUTH, CheckedSource

# Absolute tolerance of doubles: some are small differences of large sums.
TOLERANCE = 1e-9


def sql(name: str) -> str:
    return (TRUTH / "analyses" / f"{name}.sql").read_text(encoding="utf-8")


def create_expected(source: CheckedSource, *tables: str) -> None:
    for table in tables:
        source.connection.execute(f"create or replace table truth.{table} as {sql(table)}")


def differences_of(source: CheckedSource, table: str, *key: str, actual: str = "", without: tuple[str, ...] = ()) -> str:
    """How the lake's table (named `actual`, if its name differs) differs from the expected `table`; '' if it does not."""
    return differences(
        source.connection,
        actual=f"lake.{actual or table}",
        expected=f"truth.{table}",
        key=key,
        without=("source", *without),
        tolerance=TOLERANCE,
    )
