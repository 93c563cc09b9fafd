"""A contract as the Glue Data Catalog sees the table: columns and partition keys, in CloudFormation's shape."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.model import Column, Contract

COMMENT_LIMIT = 255  # of the catalog; it refuses a longer comment


def columns(contract: Contract) -> list[dict[str, str]]:
    """The columns inside the files, each as Name, Type and Comment."""
    return _entries(contract.data_columns)


def partition_keys(contract: Contract) -> list[dict[str, str]]:
    """The partition columns in their order, each as Name, Type and Comment."""
    return _entries(contract.column(name) for name in contract.partition_columns)


def _entries(found: Iterable[Column]) -> list[dict[str, str]]:
    return [{"Name": column.name, "Type": column.physical_type, "Comment": _comment(column.description)} for column in found]


def _comment(text: str) -> str:
    """The description, cut at a word where the catalog's limit needs it; the whole is in the contract."""
    if len(text) <= COMMENT_LIMIT:
        return text
    return text[: COMMENT_LIMIT - 2].rsplit(" ", 1)[0] + " …"
