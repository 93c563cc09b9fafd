"""What the twin remembers beyond `down`, beside the objects in S3: job runs, executions of state machines, DynamoDB's items.

Runs and executions are written when they end, tables when the server stops in an orderly way. What else was made or changed by
API and is not of the stacks (alarms' states, messages in queues, user metadata and tags of objects) is gone after `down`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offline.twin.endpoint import connect
from offline.twin.record import events

if TYPE_CHECKING:
    from offline.twin.glue import Run

KEPT = 200
SHOWN = ("job_run_id", "job_name", "arguments", "state", "error", "glue_version", "timeout", "worker_type", "number_of_workers")
TIMES = ("started_on", "modified_on", "completed_on")


def keep_run(lake: Path, run: Run, *, code: str | None) -> None:
    """Saves a run, closes its events with its final state and error code (None: not the script's own error), drops the oldest."""
    if not lake.exists():
        return
    with events(lake, run.job_run_id).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"state": run.state, "error": run.error, "code": code}) + "\n")
    shown: dict[str, Any] = {name: getattr(run, name) for name in SHOWN}
    shown |= {name: when.isoformat() if (when := getattr(run, name)) else None for name in TIMES}
    _write(events(lake, run.job_run_id).with_suffix(".json"), shown)
    for old in newest(lake / "log" / "runs")[KEPT:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".jsonl").unlink(missing_ok=True)


def keep_execution(lake: Path, name: str, shown: dict[str, Any]) -> None:
    """Writes an execution of a state machine down, and forgets the oldest."""
    folder = lake / "log" / "executions"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{name}.json", shown)
    for old in newest(folder)[KEPT:]:
        old.unlink(missing_ok=True)


def save(lake: Path) -> None:
    """Writes the items of all DynamoDB tables."""
    if not lake.exists():
        return
    client = connect("dynamodb")
    folder = lake / "dynamodb"
    for table in client.get_paginator("list_tables").paginate().search("TableNames"):
        folder.mkdir(exist_ok=True)
        draft = folder / f"_{table}.jsonl"
        with draft.open("w", encoding="utf-8") as file:
            for page in client.get_paginator("scan").paginate(TableName=table):
                file.writelines(json.dumps(item, default=_bytes) + "\n" for item in page["Items"])
        draft.replace(folder / f"{table}.jsonl")


def _bytes(value: bytes) -> dict[str, str]:
    return {"__bytes__": value.hex()}


def newest(folder: Path) -> list[Path]:
    """The records in a folder, the last written first."""
    return sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)


def _write(place: Path, shown: dict[str, Any]) -> None:
    draft = place.with_name(f"_{place.name}")
    draft.write_text(json.dumps(shown, default=str), encoding="utf-8")
    draft.replace(place)
