"""A contract as JSON Schema (draft 2020-12) of one row, for rows that arrive as JSON.

Decimals are strings such as "12.50": a JSON number becomes a binary float in most parsers, and a multipleOf on
floats refuses valid prices (19.99 is not a multiple of 0.0001 there). Instants are RFC 3339 strings in UTC, ending in Z.
Partition columns are left out, because the lake computes them. Bounds of decimals, dates and instants are left to the
contract's rules, since JSON Schema cannot order text; only a decimal's minimum of 0 shows, as a pattern without minus.
"""

from __future__ import annotations

from typing import Any

from contracts.model import Bound, Column, Contract
from contracts.physical import PhysicalType, parse_type

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_INTEGER_BITS = {"int": 32, "bigint": 64}
_UTC_INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$"


def schema(contract: Contract) -> dict[str, Any]:
    """The schema of one row as a JSON object: known keys only, required ones there, others may be null or missing."""
    return {
        "$schema": DRAFT,
        "$id": f"urn:shoplake:{contract.zone}:{contract.name}:{contract.version}",
        "title": contract.name,
        "description": f"{contract.description} One object is: {contract.grain}",
        "type": "object",
        "additionalProperties": False,
        "required": [column.name for column in contract.data_columns if column.required],
        "properties": {column.name: column_schema(column) for column in contract.data_columns},
    }


def column_schema(column: Column) -> dict[str, Any]:
    """The schema of one value; null is one of its types unless the column is required."""
    physical = parse_type(column.physical_type)
    if physical is None:
        raise ValueError(f"{column.physical_type} is no physicalType of a contract")
    schema = {"description": column.description, **_type(physical), **_limits(column, physical)}
    if not column.required:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _type(physical: PhysicalType) -> dict[str, Any]:
    if physical.base in _INTEGER_BITS:
        limit = 2 ** (_INTEGER_BITS[physical.base] - 1)
        return {"type": "integer", "minimum": -limit, "maximum": limit - 1}
    if physical.base == "decimal":
        return {"type": "string", "pattern": _decimal_pattern(physical, sign="-?")}
    if physical.item is not None:
        item = _type(physical.item)
        return {"type": "array", "items": item} if physical.base == "array" else _map(item)
    return {
        "double": {"type": "number"},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "timestamp": {"type": "string", "format": "date-time", "pattern": _UTC_INSTANT},
    }.get(physical.base, {"type": "string"})


def _map(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": item}


def _limits(column: Column, physical: PhysicalType) -> dict[str, Any]:
    if physical.base == "decimal":
        never_negative = not isinstance(column.minimum, str) and column.minimum is not None and column.minimum >= 0
        return {"pattern": _decimal_pattern(physical, sign="")} if never_negative else {}
    if physical.logical in ("date", "timestamp"):
        return {}
    given = {
        "enum": list(column.enum) if column.enum else None,
        "minimum": _number(column.minimum),
        "maximum": _number(column.maximum),
        "pattern": column.pattern,
        "format": column.format,
    }
    return {key: value for key, value in given.items() if value is not None}


def _number(bound: Bound | None) -> int | float | None:
    return bound if bound is None or isinstance(bound, int) else float(bound)


def _decimal_pattern(physical: PhysicalType, *, sign: str) -> str:
    digits = physical.precision - physical.scale
    whole = f"(0|[1-9][0-9]{{0,{digits - 1}}})" if digits else "0"
    fraction = rf"(\.[0-9]{{1,{physical.scale}}})?" if physical.scale else ""
    return f"^{sign}{whole}{fraction}$"
