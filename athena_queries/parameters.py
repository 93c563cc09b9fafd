"""Execution parameters: the values for the question marks of a query, as Athena takes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlglot
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import TokenType

from contracts.errors import UsageError


def fill(sql: str, parameters: Sequence[Any]) -> str:
    """The query with each `?` outside text and comments replaced by the next value, written as a literal."""
    return fill_texts(sql, [literal(value) for value in parameters])


def fill_texts(sql: str, texts: Sequence[str]) -> str:
    """The query with each `?` outside text and comments replaced by the next of these literals."""
    try:
        tokens = sqlglot.tokenize(sql, read="trino")
    except SqlglotError as error:
        raise UsageError(f"The SQL is not valid Athena SQL: {str(error).splitlines()[0].rstrip('.')}.") from None
    places = [token.start for token in tokens if token.token_type is TokenType.PLACEHOLDER]
    if len(places) != len(texts):
        raise UsageError(f"The query has {len(places)} parameters (?), but {len(texts)} values; give one value for each.")
    pieces, end = [], 0
    for place, text in zip(places, texts, strict=True):
        pieces += [sql[end:place], text]
        end = place + 1
    return "".join([*pieces, sql[end:]])


def literal(value: Any) -> str:
    """A Python value as a literal of Athena's SQL; UsageError for a type that has none."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime) and value.tzinfo is None:
        return f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}'"
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"date '{value.isoformat()}'"
    raise UsageError(f"{value!r} cannot be a parameter; pass text, a whole number, a decimal, a date or a boolean.")
