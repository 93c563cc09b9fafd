"""The twin's job runs, executions and DynamoDB items of before, brought back from what `history` wrote down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.glue.models import glue_backends

from offline.twin import step_functions
from offline.twin.endpoint import ACCOUNT, REGION, connect
from offline.twin.glue import Run
from offline.twin.history import TIMES, newest


def restore(lake: Path) -> None:
    """Brings back what was written down, as far as the job, state machine or table is deployed still."""
    jobs = glue_backends[ACCOUNT][REGION].jobs
    for shown in _read(lake / "log" / "runs"):
        if shown["job_name"] in jobs:
            run = Run(job_name=shown["job_name"])
            for name, value in shown.items():
                setattr(run, name, datetime.fromisoformat(value) if name in TIMES and value else value)
            jobs[shown["job_name"]].job_runs.append(run)
    for shown in _read(lake / "log" / "executions"):
        step_functions.restore(shown)
    _restore_tables(lake / "dynamodb")


def _restore_tables(folder: Path) -> None:
    client = connect("dynamodb")
    deployed = set(client.get_paginator("list_tables").paginate().search("TableNames"))
    for file in sorted(folder.glob("[!_]*.jsonl")):
        if file.stem in deployed:
            for line in file.read_text(encoding="utf-8").splitlines():
                client.put_item(TableName=file.stem, Item=json.loads(line, object_hook=_unbytes))


def _unbytes(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["__bytes__"]) if "__bytes__" in value else value


def _read(folder: Path) -> Iterator[dict[str, Any]]:
    """All records in a folder, oldest first; one that cannot be read is passed over."""
    for file in reversed(newest(folder)):
        try:
            yield json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
