"""The contract's fields as a module of the ingest function, which has no YAML, and as the tracker's list."""

from __future__ import annotations

import pprint
from collections.abc import Sequence
from typing import Any

from contracts import Column, Contract
from contracts.model import Received, Requests
from contracts.physical import parse_type

_HEAD = '''"""The fields of the event contract. Written by `make docs` from contracts/raw; change the contract."""

# fmt: off
from __future__ import annotations

from typing import Any

'''
_BITS = {"int": 32, "bigint": 64}


def module(versions: Sequence[Contract]) -> str:
    """The text of event_fields.py, from all versions of the contract, newest last."""
    newest = versions[-1]
    requests = newest.requests or Requests()
    by_type: dict[str, tuple[str, ...]] = {}
    for name, types in requests.requires.items():
        for event_type in types:
            by_type[event_type] = (*by_type.get(event_type, ()), name)
    fields = {column.name: field(column) for column in newest.data_columns}
    sent = [name for name, entry in fields.items() if entry.get("required") and entry["set_by"] == "sender"]
    pseudonyms = [column.name for column in newest.data_columns if column.classification == "pseudonymous"]
    values = {
        "FIELDS: dict[str, dict[str, Any]]": fields,
        "REQUIRED: tuple[str, ...]": tuple(sent),
        "REQUIRES: dict[str, tuple[str, ...]]": by_type,
        "SERVER_TYPES: frozenset[str]": frozenset(requests.server_only),
        "PSEUDONYMS: tuple[str, ...]": tuple(pseudonyms),
        "VERSIONS: tuple[str, ...]": tuple(short(contract.version) for contract in versions),
        "NEWEST: str": short(newest.version),
    }
    return _HEAD + "".join(f"{name} = {_literal(value)}\n" for name, value in values.items())


def short(version: str) -> str:
    """The version as events state it: a patch changes no field."""
    return ".".join(version.split(".")[:2])


def field(column: Column) -> dict[str, Any]:
    """What the function checks of one field."""
    physical = parse_type(column.physical_type)
    received = column.received or Received()
    if physical is None:
        raise ValueError(f"{column.physical_type} is no physicalType of a contract")
    entry: dict[str, Any] = {"type": column.logical_type, "set_by": received.set_by}
    if physical.base in _BITS:
        limit = 2 ** (_BITS[physical.base] - 1)
        entry |= {"minimum": -limit if column.minimum is None else column.minimum, "maximum": limit - 1}
    if physical.base == "decimal":
        entry |= {"digits": physical.precision, "scale": physical.scale}
    optional = {
        "required": column.required,
        "max_length": received.max_length,
        "max_items": received.max_items,
        "pattern": column.pattern,
        "choices": column.enum,
        "treatment": received.treatment,
        "fields": {nested.name: field(nested) for nested in received.fields},
    }
    return entry | {key: value for key, value in optional.items() if value}


def tracker_fields(contract: Contract) -> list[str]:
    """What a page may set: the fields that senders set, without personal data and without what the tracker sets itself."""
    own = {"event_id", "event_type", "event_time", "contract_version", "consent", "session_id"}
    return [
        column.name
        for column in contract.data_columns
        if (column.received or Received()).set_by == "sender" and column.classification != "personal" and column.name not in own
    ]


def _literal(value: object) -> str:
    if isinstance(value, frozenset):
        return f"frozenset({sorted(value)!r})"
    return pprint.pformat(value, width=120, sort_dicts=False)
