"""What a lake's folder records about its local stack: names and server in twin.json, and the event file of each job run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

NAME = "twin.json"
FINAL_JOB_STATES = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR")


def events(lake: Path, run_id: str) -> Path:
    """The event file of a job run, one JSON object per line; see `offline.twin.spark.worker`."""
    return lake / "log" / "runs" / f"{run_id}.jsonl"


@dataclass(frozen=True)
class Record:
    """`key` is the fingerprint of the deployed app, `zones` zone → bucket, `outputs` all outputs of all stacks by key."""

    key: str
    zones: dict[str, str]
    outputs: dict[str, str]
    pid: int | None = None
    port: int | None = None

    @staticmethod
    def read(lake: Path) -> Record | None:
        """The record in this lake's folder; None where there is none, or none that can be read."""
        try:
            return Record(**json.loads((lake / NAME).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def without_server(self) -> Record:
        return replace(self, pid=None, port=None)

    def write(self, lake: Path) -> None:
        lake.mkdir(parents=True, exist_ok=True)
        draft = lake / f"_{NAME}"
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        draft.replace(lake / NAME)

    def write_if_mine(self, lake: Path) -> None:
        """Writes, unless the lake is gone or belongs to a later server."""
        now = Record.read(lake)
        if now is not None and now.key == self.key:
            self.write(lake)
