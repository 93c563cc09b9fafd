"""docs/api.md: its text is written by hand in api.md next to this file; the tables come from the code and the contract."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contracts import Contract
from contracts.model import Received
from lambdas.derive.openapi import EXAMPLE, all_kinds
from lambdas.ingest import errors
from lambdas.ingest.events import CLOCK_SKEW, FLAGS

_SOURCE = Path(__file__).with_name("api.md")
_GENERATED = "<!-- Written by `make docs` from lambdas/derive/api.md, the event contract and the code; change those. -->\n\n"


def api(contract: Contract) -> str:
    """The page."""
    parts = {
        "FIELDS": _table(("field", "JSON type", "limit", "meaning"), (_field(contract, name) for name in contract.names)),
        "ERRORS": _table(("number", "status", "meaning"), ((str(k.code), str(k.status), k.meaning) for k in all_kinds())),
        "FLAGS": _table(("flag", "meaning"), FLAGS.items()),
        "BODY": f"{errors.BODY_BYTES:,}",
        "EVENT_BYTES": f"{errors.EVENT_BYTES:,}",
        "EVENTS": str(errors.EVENTS),
        "DEPTH": str(errors.DEPTH),
        "FILE": f"{errors.FILE_BYTES:,}",
        "SKEW": f"{CLOCK_SKEW.total_seconds() / 3600:.0f}",
        "EXAMPLE": "{" + ", ".join(f'"{name}": "{value}"' for name, value in EXAMPLE.items()) + "}",
    }
    text = _SOURCE.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"«{name}»", part)
    return _GENERATED + text


def _field(contract: Contract, name: str) -> tuple[str, ...]:
    column = contract.column(name)
    received = column.received or Received()
    if received.set_by == "ingest" or name in contract.partition_columns:
        return ()
    types = {"timestamp": "string", "number": "string or number", "integer": "integer", "array": "list of objects"}
    limits = [
        "required" if column.required and received.set_by == "sender" else "",
        f"{received.max_length:,} characters" if received.max_length else "",
        f"{received.max_items} entries" if received.max_items else "",
        f"one of {', '.join(column.enum)}" if column.enum else "",
    ]
    return f"`{name}`", types.get(column.logical_type, column.logical_type), "; ".join(filter(None, limits)), column.description


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *filter(None, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
