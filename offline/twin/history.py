"""What the twin remembers beyond `down`, beside the objects in S3: job runs, executions of state machines, DynamoDB's items.

Runs and executions are written when they end, tables when the server stops in an orderly way. What else was made or changed by
API and is not of the stacks (alarms' states, messages in queues, user metadata and tags of objects) is gone after `down`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.glue.models import glue_backends

from offline.twin.endpoint import ACCOUNT, REGION, connect
from offline.twin.record import events

if TYPE_CHECKING:
    from offline.twin.glue import Run

KEPT = 200
SHOWN = ("job_run_id", "job_name", "arguments", "state", "error", "glue_version", "timeout", "worker_type", "number_of_workers")
TIMES = ("started_on", "modified_on", "completed_on")


def keep_run(lake: Path, run: Run, *, own: bool) -> None:
    """Writes a run down, ends its events with how it ended (`own`: as its script meant it to), and forgets the oldest."""
    if not lake.exists():
        return
    with events(lake, run.job_run_id).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"state": run.state, "error": run.error, "own": own}) + "\n")
    shown: dict[str, Any] = {name: getattr(run, name) for name in SHOWN}
    shown |= {name: when.isoformat() if (when := getattr(run, name)) else None for name in TIMES}
    _write(events(lake, run.job_run_id).with_suffix(".json"), shown)
    for old in _newest(lake / "log" / "runs")[KEPT:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".jsonl").unlink(missing_ok=True)


def keep_execution(lake: Path, name: str, shown: dict[str, Any]) -> None:
    """Writes an execution of a state machine down, and forgets the oldest."""
    folder = lake / "log" / "executions"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{name}.json", shown)
    for old in _newest(folder)[KEPT:]:
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


def restore(lake: Path) -> None:
    """Brings back what was written down, as far as the job, state machine or table is deployed still."""
    from offline.twin import states  # noqa: PLC0415 - these know of each other
    from offline.twin.glue import Run  # noqa: PLC0415

    jobs = glue_backends[ACCOUNT][REGION].jobs
    for shown in _read(lake / "log" / "runs"):
        if shown["job_name"] in jobs:
            run = Run(job_name=shown["job_name"])
            for name, value in shown.items():
                setattr(run, name, datetime.fromisoformat(value) if name in TIMES and value else value)
            jobs[shown["job_name"]].job_runs.append(run)
    for shown in _read(lake / "log" / "executions"):
        states.restore(shown)
    _restore_tables(lake / "dynamodb")


def _restore_tables(folder: Path) -> None:
    client = connect("dynamodb")
    deployed = set(client.get_paginator("list_tables").paginate().search("TableNames"))
    for file in sorted(folder.glob("[!_]*.jsonl")):
        if file.stem in deployed:
            for line in file.read_text(encoding="utf-8").splitlines():
                client.put_item(TableName=file.stem, Item=json.loads(line, object_hook=_unbytes))


def _bytes(value: bytes) -> dict[str, str]:
    return {"__bytes__": value.hex()}


def _unbytes(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["__bytes__"]) if "__bytes__" in value else value


def _newest(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)


def _read(folder: Path) -> Iterator[dict[str, Any]]:
    """All records in a folder, oldest first; one that cannot be read is passed over."""
    for file in reversed(_newest(folder)):
        try:
            yield json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue


def _write(place: Path, shown: dict[str, Any]) -> None:
    draft = place.with_name(f"_{place.name}")
    draft.write_text(json.dumps(shown, default=str), encoding="utf-8")
    draft.replace(place)
