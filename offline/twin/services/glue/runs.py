"""Job runs: as the API shows them, and as records in the lake's folder."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.core.utils import utcnow
from moto.glue import models

from offline.twin import persistence
from offline.twin.record import FINAL_JOB_STATES, events

FIELDS = (
    *("job_run_id", "job_name", "arguments", "state", "error", "message", "glue_version", "timeout", "worker_type"),
    "number_of_workers",
)
TIMES = ("started_on", "modified_on", "completed_on")


class Run(models.FakeJobRun):
    """A job run whose state the executor sets."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state = "STARTING"
        self.completed_on: datetime | None = None
        self.error: str | None = None
        self.message: str | None = None
        self.glue_version: str | None = None

    @property
    def status(self) -> str:
        return self.state

    @status.setter
    def status(self, value: str) -> None:
        self.state = value

    def advance(self) -> None:
        """moto would move the state on with every request."""

    def set_state(self, state: str, error: str | None = None, *, message: str | None = None) -> None:
        """`error` is a sentence for people; `message` is what Glue's API would report, if it differs."""
        self.state, self.error, self.message, self.modified_on = state, error, message, utcnow()
        if state in FINAL_JOB_STATES:
            self.completed_on = self.modified_on

    def as_dict(self) -> dict[str, Any]:
        seconds = int(((self.completed_on or utcnow()) - self.started_on).total_seconds())
        fields = super().as_dict() | {"JobRunState": self.state, "ExecutionTime": seconds, "LogGroupName": "/aws-glue/jobs"}
        fields |= {"CompletedOn": self.completed_on, "ErrorMessage": self.message or self.error, "GlueVersion": self.glue_version}
        return {key: value for key, value in fields.items() if value is not None}


def folder(lake: Path) -> Path:
    """Where the records of past runs are."""
    return events(lake, "run").parent


def save(lake: Path, run: Run, *, code: str | None) -> None:
    """Writes a run's record and closes its events with its final state and error code (None: not the script's own error)."""
    if not lake.exists():
        return
    file = events(lake, run.job_run_id)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"state": run.state, "error": run.error, "code": code}) + "\n")
    record: dict[str, Any] = {name: getattr(run, name) for name in FIELDS}
    record |= {name: time.isoformat() if (time := getattr(run, name)) else None for name in TIMES}
    for expired in persistence.write(file.with_suffix(".json"), record):
        expired.with_suffix(".jsonl").unlink(missing_ok=True)


def from_record(record: dict[str, Any]) -> Run:
    """The run that a record describes."""
    run = Run(job_name=record["job_name"])
    for name, value in record.items():
        setattr(run, name, datetime.fromisoformat(value) if name in TIMES and value else value)
    return run
