"""What contracts of the raw zone state beyond those of tables: who sets a field, lengths, nested fields, personal data."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.document import Node
from contracts.model import Column, Received, Requests
from contracts.zones import Zone

SETTERS = ("sender", "ingest", "either")
TREATMENTS = ("hash", "drop")
LENGTHS = ("maxLength", "maxItems")
MARKS = ("setBy", "treatment")
TABLE_MARKS = ("requires", "serverOnly")


def read_received(*, options: Node, marks: Node, fields: tuple[Column, ...]) -> Received | None:
    """The raw zone's part of a column; None if the contract states nothing of the kind."""
    received = Received(
        set_by=marks.one_of("setBy", SETTERS) or "sender",
        treatment=marks.one_of("treatment", TREATMENTS),
        max_length=_read_length(options, "maxLength"),
        max_items=_read_length(options, "maxItems"),
        fields=fields,
    )
    return None if received == Received() else received


def read_requests(marks: Node, columns: Sequence[Column]) -> Requests | None:
    """Which fields an event type requires, and which types only a server may send; None if the contract states neither."""
    types = next((column.enum or () for column in columns if column.name == "event_type"), ())
    requires = marks.child("requires").only(*[column.name for column in columns])
    for name in requires.content:
        _check_types(requires, name, requires.texts(name), types)
    server_only = marks.texts("serverOnly")
    _check_types(marks, "serverOnly", server_only, types)
    requests = Requests(requires={name: requires.texts(name) for name in requires.content}, server_only=server_only)
    return None if requests == Requests() else requests


def check_zone(table: Node, *, zone: str, columns: Sequence[Column], requests: Requests | None) -> None:
    """ContractError if a table's contract uses what only the API checks: no job would enforce it."""
    if zone == Zone.RAW:
        return
    for column in columns:
        if column.received:
            names = " or ".join((*LENGTHS, *MARKS, "items"))
            table.refuse(f"properties[{column.name}]", f"has {names}, which only the raw zone checks; write a rule.")
    if requests:
        table.refuse("customProperties", f"has {' or '.join(TABLE_MARKS)}, which only the raw zone checks; write a rule.")


def _read_length(options: Node, key: str) -> int | None:
    length = options.optional(key, int)
    if length is not None and length < 1:
        options.refuse(key, f"is {length}, but must be 1 or more.")
    return length


def _check_types(node: Node, key: str, names: Sequence[str], types: Sequence[str]) -> None:
    for name in names:
        node.one_of(key, types, name)
