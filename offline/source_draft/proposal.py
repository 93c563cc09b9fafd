"""Proposes which table each file fills, and an expression for each of the table's columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from contracts import Contract, load
from contracts.model import Column
from glue_jobs.lib.conform.values import quoted
from glue_jobs.lib.source_definition.file_names import compression
from offline.source_draft.sample import SampledColumn, SampledFile
from offline.source_draft.values import normalized

# The name of a list's element in a SELECT.
ELEMENT = "line"
# What names in logs say of each type of event.
EVENT_WORDS = {
    "view": ("view", "product_view", "product_viewed", "view_item", "detail", "click"),
    "cart": ("cart", "addtocart", "add_to_cart", "product_added", "basket"),
    "remove_from_cart": ("remove_from_cart", "product_removed", "removefromcart"),
    "purchase": ("purchase", "transaction", "order_completed", "buy", "sale"),
    "page": ("page", "page_view", "pageview", "home", "search", "session_start"),
}


@dataclass(frozen=True)
class Value:
    """A value of a record: a column, a field of an object, or a field of the list's elements that become records."""

    sql: str
    type: str
    column: SampledColumn

    @property
    def local(self) -> str:
        """The shop's local time beside a timestamp."""
        return identifier(f"{self.column.name}_local")


@dataclass(frozen=True)
class Proposal:
    """A kind of file, the table that its records may become rows of, and an expression with a comment per column.

    `unnest` is the list whose elements become records.
    """

    kind: str
    glob: str
    file: SampledFile
    table: str | None = None
    select: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unnest: SampledColumn | None = None


@cache
def _tables() -> dict[str, dict[str, Any]]:
    text = (resources.files("offline.source_draft") / "names.yaml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return tables


def propose(files: Sequence[SampledFile]) -> list[Proposal]:
    """One proposal per kind of file. Files whose names differ in digits only are one kind, described by the first."""
    kinds: dict[str, Proposal] = {}
    for file in files:
        name, glob = _kind(file.path.name)
        kinds.setdefault(name, Proposal(name, glob, file))
    for table in _tables():
        candidates = [filled for kind in kinds.values() if not kind.table and (filled := _filling(table, kind))]
        if candidates:
            best = max(candidates, key=lambda proposal: _rank(table, proposal))
            kinds[best.kind] = best
    return list(kinds.values())


def _rank(table: str, proposal: Proposal) -> tuple[bool, int]:
    """A table of things is filled from the file in which no thing repeats; otherwise the file with the most columns wins."""
    matched = _matched(table, proposal.file, proposal.unnest)
    key = _tables()[table].get("key")
    return key is not None and matched[key].column.is_unique, len(matched)


def _filling(table: str, kind: Proposal) -> Proposal | None:
    """The kind as one that fills the table, from its records or from a list in them; None if it lacks what the table needs."""
    lists = [column for column in kind.file.columns if column.is_list and column.fields]
    for unnest in (None, *lists):
        matched = _matched(table, kind.file, unnest)
        if all(any(name in matched for name in group) for group in _tables()[table]["needs"]):
            contract = load(table)
            select = {column.name: _expression(contract, column, matched, kind.file) for column in contract.data_columns}
            return replace(kind, table=table, select=select, unnest=unnest)
    return None


def _matched(table: str, file: SampledFile, unnest: SampledColumn | None) -> dict[str, Value]:
    """The file's value for each column of the table that has one. Fields of the list come first, fields of objects last."""
    values = {normalized(column.name): Value(identifier(column.name), column.value_type.type, column) for column in file.columns}
    for column in file.columns:
        if column.value_type.type.startswith("struct<"):
            values = {**_fields(column, identifier(column.name)), **values}
    if unnest:
        values |= _fields(unnest, ELEMENT)
    known = _tables()[table]["names"]
    found = {name: next((values[word] for word in words if word in values), None) for name, words in known.items()}
    return {name: value for name, value in found.items() if value}


def _fields(column: SampledColumn, parent: str) -> dict[str, Value]:
    return {normalized(name): Value(f"{parent}.{identifier(name)}", kind, column) for name, kind in column.fields}


def _kind(name: str) -> tuple[str, str]:
    """`Orders-2024-01.csv.gz` is of kind orders, with names like Orders-*.csv."""
    plain = name.removesuffix(name[-len(packed) :]) if (packed := compression(name)) else name
    stem, dot, ending = plain.rpartition(".")
    glob = re.sub(r"\d+([^a-zA-Z]*\d+)*", "*", stem or ending)
    kind = re.sub(r"[^a-z0-9]+", "_", re.sub(r"[\d*]+", " ", (stem or ending)).lower()).strip("_") or "records"
    return kind, glob + (dot + ending if stem else "")


def _expression(contract: Contract, column: Column, matched: Mapping[str, Value], file: SampledFile) -> tuple[str, str]:
    if column.name == "event_type":
        return _event_type(matched[column.name])
    if value := matched.get(column.name):
        return _converted(value, column)
    if derived := _derived(contract, column.name, matched, file):
        return derived
    if column.required:
        return "null", f"TODO required: {_first_sentence(column.description)}"
    return f"cast(null as {column.physical_type})", ""


def _converted(value: Value, column: Column) -> tuple[str, str]:
    kind = value.type
    if "<" in kind:
        return "null", f"TODO take it from {value.sql}, which is {kind}"
    if column.physical_type in (kind, "string") or (kind, column.physical_type) == ("date", "timestamp"):
        return value.sql, ""
    if column.physical_type == "timestamp":
        return "null", f"TODO {value.sql} is not declared as a time; declare its type and formats, or use try_to_timestamp"
    return f"try_cast({value.sql} as {column.physical_type})", ""


def _event_type(value: Value) -> tuple[str, str]:
    seen = value.column.values
    types = {word: kind for word in seen for kind, words in EVENT_WORDS.items() if normalized(word) in words}
    unknown = ", ".join(word for word in seen if word not in types)
    if types and not unknown and all(word == kind for word, kind in types.items()):
        return value.sql, ""
    if not types:
        return "null", f"TODO required: map {value.sql} to {', '.join(EVENT_WORDS)}. It has {unknown or 'many values'}"
    cases = " ".join(f"when {_text(word)} then '{kind}'" for word, kind in sorted(types.items()))
    return f"case {value.sql} {cases} end", f"TODO also: {unknown}" if unknown else ""


def _derived(contract: Contract, name: str, matched: Mapping[str, Value], file: SampledFile) -> tuple[str, str] | None:
    """What follows from other columns."""
    time = matched.get({"event_date": "event_time", "order_date": "ordered_at"}.get(name, ""))
    quantity, price = (matched.get(part) for part in ("quantity", "unit_price"))
    if time and time.type in ("timestamp", "date"):
        return (f"cast({time.local} as date)" if time.type == "timestamp" else time.sql), ""
    if name == "amount" and quantity and price:
        return f"cast({quantity.sql} * {price.sql} as decimal(18, 4))", ""
    if name == "line_type":
        sign = f"if({quantity.sql} < 0, 'return', 'sale')" if quantity else "'sale'"
        return sign, "TODO which lines are returns, adjustments and write-offs?"
    if name == "item_kind":
        return "'product'", "TODO which lines are shipping, fees, discounts?"
    if name == "quantity" and contract.name == "order_items":
        return "1", ""
    if name in ("event_id", "order_item_id"):
        return _identity(matched, file)
    return ("cast(_ingest_date as timestamp)", "") if name == "observed_at" else None


def _identity(matched: Mapping[str, Value], file: SampledFile) -> tuple[str, str]:
    if any(value.sql.startswith(f"{ELEMENT}.") for value in matched.values()) and (order := matched.get("order_id")):
        return f"concat({order.sql}, '/', {ELEMENT}_number)", ""
    plain = ", ".join(identifier(column.name) for column in file.columns if not column.is_nested)
    return f"lpad(hex(xxhash64({plain})), 16, '0')", "TODO identical records count once; use an ID of the source if it has one"


def candidate_keys(file: SampledFile) -> Iterator[str]:
    """Columns in which every record of the sample has a value of its own."""
    return (column.name for column in file.columns if column.is_unique)


def identifier(name: str) -> str:
    """The column's name in SQL, in quotes only where it needs them."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else quoted(name)


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".")
