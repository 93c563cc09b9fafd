"""A table contract as plain frozen values, independent of files and Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Severity = Literal["error", "warning"]
Bound = int | Decimal | str

SEVERITIES: tuple[Severity, ...] = ("error", "warning")

# Whom a column identifies: nobody, a person behind a pseudonym, or a person directly.
CLASSIFICATIONS = ("public", "pseudonymous", "personal")

# `currency` is money in the source's own currency; the loader requires decimals for it.
UNITS = ("bytes", "currency", "days", "events", "items", "lines", "orders", "ratio", "rows", "seconds", "sessions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the API does with a field of the raw zone: who sets it, limits, nested fields, treatment of personal data."""

    set_by: str = "sender"
    treatment: str | None = None
    max_length: int | None = None
    max_items: int | None = None
    fields: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Rules of the raw zone that depend on the event type: the types that require a field, and those from servers only."""

    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    server_only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: `physical_type` is Spark SQL and Athena type text at once, for example decimal(18,4).

    `enum`, `minimum`, `maximum` and `pattern` bind values that are there; only `required` forbids null.
    `one_per_source` says that all rows of a source have the same value, or none.
    `former_names` are the names that earlier versions of the contract had for it; rows kept from then are read by them.
    `additive` are the key columns over which the values may be added up; over any other column a sum means nothing.
    `received` is of the raw zone, so the repr of a table's contract, which is part of its fingerprint, does not have it.
    """

    name: str
    physical_type: str
    logical_type: str
    description: str
    required: bool = False
    unique: bool = False
    enum: tuple[str, ...] | None = None
    enum_severity: Severity = "error"
    minimum: Bound | None = None
    maximum: Bound | None = None
    pattern: str | None = None
    format: str | None = None
    classification: str | None = None
    unit: str | None = None
    one_per_source: bool = False
    former_names: tuple[str, ...] = ()
    additive: tuple[str, ...] = field(default=(), repr=False)
    received: Received | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule for one row. `expression` is a Spark SQL boolean: true or null passes, false breaks the rule.

    A row that breaks an `error` goes to quarantine; one that breaks a `warning` is counted and stays.
    """

    name: str
    expression: str
    severity: Severity
    description: str
    column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One table. `columns` ends with the partition columns, in partition order.

    `key` is unique within one partition (a source, and a period where the table has one); it is empty where rows
    have no identity. `rules` are those written out in the file; contracts.derive.checks adds the generated ones.
    Rows of an `incremental` mart come from the same period of what it reads. With an `end_column` a row comes from the rows
    with its key, or without a key from neighbors at most `gap_minutes` apart, between its `time_column` and `end_column`.
    """

    name: str
    zone: str
    version: str
    description: str
    limitations: str | None
    grain: str
    owner: str
    columns: tuple[Column, ...]
    partition_columns: tuple[str, ...]
    key: tuple[str, ...]
    version_column: str | None
    time_column: str | None
    incremental: bool
    end_column: str | None
    gap_minutes: int
    rules: tuple[Rule, ...]
    freshness_hours: int | None
    requests: Requests | None = field(default=None, repr=False)

    @property
    def data_columns(self) -> tuple[Column, ...]:
        """The columns inside the files: all but the partition columns."""
        return tuple(column for column in self.columns if column.name not in self.partition_columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, partitions last."""
        return tuple(column.name for column in self.columns)

    @property
    def is_personal(self) -> bool:
        """Whether any column identifies a person directly; unclassified columns are assumed to."""
        return any((column.classification or "personal") == "personal" for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")
