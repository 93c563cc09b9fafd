"""The rules of a contract as Spark expressions.

They are built as text: of columns, each operator would be several calls from Python to Java.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from contracts import Contract
from contracts.derive.checks import rules, text_literal
from glue_jobs.lib.conform.values import quoted

ROWS = "rows"


def broken(contract: Contract) -> Column:
    """Array of the error rules that a row breaks; null if there are none."""
    failed = {rule.name: _fails(rule.expression) for rule in rules(contract) if rule.severity == "error"}
    if not failed:
        return F.lit(None).cast("array<string>")
    names = ", ".join(f"case when {condition} then {text_literal(name)} end" for name, condition in failed.items())
    # array_except for the reason that parsing.failed_rules gives.
    return F.expr(f"case when {' or '.join(failed.values())} then array_except(array({names}), array(cast(null as string))) end")


def warnings(contract: Contract) -> dict[str, Column]:
    """Number of rows that break each warning rule, as an aggregate by rule name."""
    return {rule.name: F.expr(f"count_if({_fails(rule.expression)})") for rule in rules(contract) if rule.severity == "warning"}


def counts(contract: Contract) -> list[Column]:
    """Aggregates over a whole table: its rows (as ROWS) and, by rule name, the rows that break each error rule."""
    failed = {rule.name: f"count_if({_fails(rule.expression)})" for rule in rules(contract) if rule.severity == "error"}
    return [F.expr(f"{count} as {quoted(name)}") for name, count in ({ROWS: "count(*)"} | failed).items()]


def _fails(expression: str) -> str:
    return f"not coalesce(({expression}), true)"
