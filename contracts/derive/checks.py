"""Every promise a contract makes about a single row, as Spark SQL booleans.

The written rules come as they stand; required, enum, range and pattern of the columns become rules here. Except
for `required`, a null is good: SQL's three-valued logic gives null, and null counts as good.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from contracts.model import Bound, Column, Contract, Rule

_TYPED_LITERALS = ("date", "timestamp")


def rules(contract: Contract) -> tuple[Rule, ...]:
    """The generated rules of the data columns in their order, then those written in the contract.

    Partition columns have none: the job computes them, no row brings them.
    """
    generated = [rule for column in contract.data_columns for rule in column_rules(column)]
    return (*generated, *contract.rules)


def column_rules(column: Column) -> Iterator[Rule]:
    """The generated rules of one column: <column>_required, _enum, _range, _number and _pattern, as far as they apply."""
    if column.required:
        yield _rule(column, "required", f"{column.name} is not null", "is not null")
    if column.enum is not None:
        values = ", ".join(text_literal(value) for value in column.enum)
        yield _rule(column, "enum", f"{column.name} in ({values})", f"is one of {', '.join(column.enum)}")
    if column.minimum is not None or column.maximum is not None:
        yield _range(column)
    if column.physical_type == "double":
        yield _rule(column, "number", f"not isnan({column.name})", "is a number")
    if column.pattern is not None:
        expression = f"{column.name} rlike {text_literal(column.pattern)}"
        yield _rule(column, "pattern", expression, f"matches {column.pattern}")


def text_literal(text: str) -> str:
    """`text` as a Spark SQL string literal under Spark's default escaping."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{escaped}'"


def _range(column: Column) -> Rule:
    bounds = [("at least", ">=", column.minimum), ("at most", "<=", column.maximum)]
    given = [(words, sign, bound) for words, sign, bound in bounds if bound is not None]
    expression = " and ".join(f"{column.name} {sign} {_bound_literal(column, bound)}" for _, sign, bound in given)
    return _rule(column, "range", expression, "is " + " and ".join(f"{words} {bound}" for words, _, bound in given))


def _bound_literal(column: Column, bound: Bound) -> str:
    if column.physical_type in _TYPED_LITERALS:
        return f"{column.physical_type} {text_literal(str(bound))}"
    return f"{bound:f}" if isinstance(bound, Decimal) else str(bound)


def _rule(column: Column, kind: str, expression: str, words: str) -> Rule:
    severity = column.enum_severity if kind == "enum" else "error"
    return Rule(
        name=f"{column.name}_{kind}",
        expression=expression,
        severity=severity,
        description=f"{column.name} {words}",
        column=column.name,
    )
