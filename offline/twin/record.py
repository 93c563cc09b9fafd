"""What a lake's folder records about its local stack: names, server and keys in twin.json; the event file of each job run."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

NAME = "twin.json"
FINAL_JOB_STATES = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR")


def events(lake: Path, run_id: str) -> Path:
    """The event file of a job run, one JSON object per line; see `offline.twin.spark.worker`."""
    return lake / "log" / "runs" / f"{run_id}.jsonl"


@dataclass(frozen=True)
class Record:
    """`key` is the fingerprint of the deployed app, `zones` zone → bucket, `outputs` all outputs of all stacks by key.

    The server accepts only requests that are signed with its access key and secret key. Each server draws its own.
    """

    key: str
    zones: dict[str, str]
    outputs: dict[str, str]
    pid: int | None = None
    port: int | None = None
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)

    @staticmethod
    def read(lake: Path) -> Record | None:
        """The record in this lake's folder; None where there is none, or none that can be read."""
        try:
            record = Record(**json.loads((lake / NAME).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        tables, numbers = (record.zones, record.outputs), (record.pid, record.port)
        is_valid = all(isinstance(each, dict) for each in tables) and all(isinstance(each, int | None) for each in numbers)
        return record if is_valid else None

    def write(self, lake: Path) -> None:
        """Only the user may read the file, because it has the keys, whatever the umask."""
        lake.mkdir(parents=True, exist_ok=True)
        draft = lake / f"_{NAME}"
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(self), indent=1) + "\n")
        draft.replace(lake / NAME)

    def write_without_server(self, lake: Path) -> None:
        """Takes the server and its keys out, unless the lake is gone or belongs to another server."""
        now = Record.read(lake)
        if now is not None and now.pid == self.pid:
            replace(self, pid=None, port=None, access_key=None, secret_key=None).write(lake)
