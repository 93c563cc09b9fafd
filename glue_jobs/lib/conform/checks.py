"""The rules of a contract as Spark expressions."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from contracts import Contract
from contracts.derive.checks import rules
from glue_jobs.lib.conform.conditions import any_of
from glue_jobs.lib.conform.parsing import failed_rules

ROWS = "rows"


def broken(contract: Contract) -> Column:
    """Array of the error rules that a row breaks; null if there are none."""
    failed = [(rule.name, _fails(rule.expression)) for rule in rules(contract) if rule.severity == "error"]
    if not failed:
        return F.lit(None).cast("array<string>")
    return F.when(any_of([condition for _, condition in failed]), failed_rules(failed))


def warnings(contract: Contract) -> dict[str, Column]:
    """Number of rows that break each warning rule, as an aggregate by rule name."""
    return {rule.name: F.count_if(_fails(rule.expression)) for rule in rules(contract) if rule.severity == "warning"}


def counts(contract: Contract) -> list[Column]:
    """Aggregates over a whole table: its rows (as ROWS) and, by rule name, the rows that break each error rule."""
    failed = [F.count_if(_fails(rule.expression)).alias(rule.name) for rule in rules(contract) if rule.severity == "error"]
    return [F.count("*").alias(ROWS), *failed]


def _fails(expression: str) -> Column:
    return F.expr(f"not coalesce(({expression}), true)")
