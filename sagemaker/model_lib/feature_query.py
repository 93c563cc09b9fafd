"""Features from facts in memory, by the SELECTs of the Glue job `features`, run on SQLite: SageMaker's image has no other engine.

sqlglot translates Spark's SQL. In SQLite, instants are whole microseconds, days are text, and decimals are rounded floating point
numbers. In frames, days are datetimes without a time zone.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from contextlib import closing

import numpy as np
import pandas as pd
import sqlglot
from sqlglot import exp

from glue_jobs.algorithms.feature_selects import feature_select

SECOND = 1_000_000
HOUR = 3_600 * SECOND


def feature_rows(name: str, facts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of a table of features; `facts` are the tables that its SELECT reads."""
    instants, days = set(), set()
    with closing(sqlite3.connect(":memory:")) as connection:
        # SQLite has them only if it was built so.
        connection.create_function("ln", 1, _ln, deterministic=True)
        connection.create_function("sqrt", 1, _sqrt, deterministic=True)
        for table, rows in facts.items():
            pd.DataFrame({column: _plain(rows[column]) for column in rows}).to_sql(table, connection, index=False)
            instants |= {column for column in rows if isinstance(rows[column].dtype, pd.DatetimeTZDtype)}
            days |= {column for column in rows if pd.api.types.is_datetime64_dtype(rows[column].dtype)}
        *steps, last = sqlite_steps(name)
        for step in steps:
            connection.execute(step)
        result = pd.read_sql_query(last, connection)
    for column in instants & set(result.columns):
        result[column] = pd.to_datetime(result[column], unit="us", utc=True)
    for column in days & set(result.columns):
        result[column] = pd.to_datetime(result[column])
    return result


def sqlite_steps(name: str) -> list[str]:
    """The SELECT of a table of features in SQLite's SQL, after a statement for each table of its WITH clause.

    As tables they are joined by an index; within the SELECT, SQLite compares every row with every other.
    """
    select = sqlglot.parse_one(feature_select(name), read="spark").transform(_translated)
    clause = select.find(exp.With) or exp.With(expressions=[])
    parts = [f"create table {part.alias} as {part.this.sql(dialect='sqlite')}" for part in clause.expressions]
    clause.pop()
    return [*parts, select.sql(dialect="sqlite")]


def _translated(node: exp.Expression) -> exp.Expression:
    """Replaces what SQLite has no function or type for."""
    if isinstance(node, exp.UnixSeconds):
        return exp.IntDiv(this=node.this, expression=exp.Literal.number(SECOND))
    if isinstance(node, exp.Hour):
        instant = node.find(exp.Column)
        hours = exp.IntDiv(this=instant, expression=exp.Literal.number(HOUR))
        return exp.Mod(this=exp.Paren(this=hours), expression=exp.Literal.number(24))
    if isinstance(node, exp.Cast) and node.to.is_type(exp.DataType.Type.DATE):
        return node.this if isinstance(node.this, exp.Literal) else _day(node.this)
    if isinstance(node, exp.Cast) and node.to.is_type(exp.DataType.Type.DECIMAL):
        return exp.Round(this=node.this, decimals=node.to.expressions[1].this)
    return node


def _day(instant: exp.Expression) -> exp.Expression:
    """The day of an instant, as text."""
    seconds = exp.IntDiv(this=instant, expression=exp.Literal.number(SECOND))
    return exp.Anonymous(this="date", expressions=[seconds, exp.Literal.string("unixepoch")])


def _ln(value: float | None) -> float | None:
    return None if value is None or value <= 0 else math.log(value)


def _sqrt(value: float | None) -> float | None:
    return None if value is None else math.sqrt(value)


def _plain(values: pd.Series) -> pd.Series:
    """As SQLite keeps them."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]").astype(np.int64)
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return values.dt.strftime("%Y-%m-%d")
    kind = pd.api.types.infer_dtype(values, skipna=True)
    return values.astype("float64") if kind == "decimal" else values
