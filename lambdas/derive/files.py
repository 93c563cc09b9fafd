"""The derived files, by path. A test compares each with what is checked in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contracts import versions
from lambdas.derive import fields, openapi, page, schemas, tracker

ROOT = Path(__file__).parents[2]
CONTRACT = "stream_events"


def derived() -> dict[Path, str]:
    """Every file that follows from the contract and the errors."""
    known = versions(CONTRACT)
    newest = known[-1]
    described = _text(openapi.document(newest))
    return {
        ROOT / "lambdas/ingest/event_fields.py": fields.module(known),
        ROOT / "lambdas/ingest/static/shoplake.js": tracker.script(newest),
        ROOT / "lambdas/ingest/static/openapi.json": described,
        ROOT / "docs/openapi.json": described,
        ROOT / "docs/api.md": page.api(newest),
        ROOT / "docs/event.schema.json": _text(schemas.event_schema(newest)),
        ROOT / "docs/request-model.json": _text(schemas.request_model()),
    }


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
