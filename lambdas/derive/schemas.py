"""The event contract as JSON Schema: of what senders send (draft 2020-12), and as API Gateway's request model (draft-04)."""

from __future__ import annotations

from typing import Any

from contracts import Column, Contract
from contracts.derive.json_schema import DRAFT, column_schema
from contracts.model import Received, Requests
from lambdas.ingest.errors import EVENTS

INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
DRAFT_04 = "http://json-schema.org/draft-04/schema#"


def event_schema(contract: Contract) -> dict[str, Any]:
    """One event as a sender sends it. Fields of other versions pass, so further keys are allowed."""
    sent = [column for column in contract.data_columns if _received(column).set_by != "ingest"]
    requests = contract.requests or Requests()
    return {
        "$schema": DRAFT,
        "$id": f"urn:shoplake:{contract.zone}:{contract.name}:{contract.version}",
        "title": contract.name,
        "description": contract.description,
        "type": "object",
        "required": [column.name for column in sent if column.required and _received(column).set_by == "sender"],
        "properties": {column.name: field_schema(column) for column in sent},
        "allOf": [_required_for(name, types) for name, types in requests.requires.items()],
    }


def field_schema(column: Column) -> dict[str, Any]:
    """One field. Null and an empty text count as missing, unless the field is required."""
    received = _received(column)
    schema = column_schema(column) | {"description": column.description}
    optional = not column.required or received.set_by == "either"
    if received.fields:
        schema |= {"items": _object(received.fields)}
    if column.logical_type == "timestamp":
        schema |= {"pattern": INSTANT}
    if column.logical_type == "string" and column.required and not optional:
        schema |= {"minLength": 1}
    limits = {"maxLength": received.max_length, "maxItems": received.max_items}
    schema |= {key: value for key, value in limits.items() if value is not None}
    if column.logical_type == "number":
        return _decimal(column, schema)
    return _or_missing(schema) if optional else schema


def request_model() -> dict[str, Any]:
    """The model of a JSON body for API Gateway, draft-04.

    It states the three shapes and the number of events, no more: API Gateway refuses a request as a whole, but the good events
    of a batch have to be accepted, and the bad ones kept.
    """
    events = {"type": "array", "maxItems": EVENTS, "items": {"type": "object"}}
    return {
        "$schema": DRAFT_04,
        "title": "Events",
        "type": ["object", "array"],
        "maxItems": EVENTS,
        "properties": {"key": {"type": "string"}, "events": events},
    }


def _received(column: Column) -> Received:
    return column.received or Received()


def _object(fields: tuple[Column, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [field.name for field in fields if field.required],
        "properties": {field.name: field_schema(field) for field in fields},
    }


def _decimal(column: Column, schema: dict[str, Any]) -> dict[str, Any]:
    """Decimal text, or a JSON number; how many places a number may have is left to the function, which reads it exactly."""
    text = {"type": "string", "pattern": schema["pattern"]}
    number = {"type": "number", "minimum": 0, "exclusiveMaximum": 10 ** _whole_digits(column)}
    missing = [] if column.required else [{"type": "null"}, {"const": ""}]
    return {"description": column.description, "anyOf": [text, number, *missing]}


def _whole_digits(column: Column) -> int:
    precision, scale = column.physical_type.removeprefix("decimal(").rstrip(")").split(",")
    return int(precision) - int(scale)


def _or_missing(schema: dict[str, Any]) -> dict[str, Any]:
    description, types = schema.pop("description"), schema.pop("type")
    kind = types[0] if isinstance(types, list) else types
    return {"description": description, "anyOf": [{"type": kind, **schema}, {"type": "null"}, {"const": ""}]}


def _required_for(name: str, types: tuple[str, ...]) -> dict[str, Any]:
    missing = {"enum": ["", None]}
    return {
        "if": {"properties": {"event_type": {"enum": list(types)}}, "required": ["event_type"]},
        "then": {"required": [name], "properties": {name: {"not": missing}}},
    }
