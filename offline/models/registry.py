"""Versions of models below a lake's folder: models/<model>/<source>/<number>, with a record of what each is and who may use it.

A record has the fields of a SageMaker model package: its approval status has the same values, so that a deployment can take
them over. A version is never changed but for its status.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts.errors import ModelError, UsageError
from offline.files import sha256, write_whole

PENDING, APPROVED, REJECTED = "PendingManualApproval", "Approved", "Rejected"


@dataclass(frozen=True)
class Version:
    """One trained model: its folder has `model` and `output` as the training script wrote them."""

    folder: Path
    record: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Such as churn/uci_online_retail/1."""
        return "/".join(self.folder.parts[-3:])

    @property
    def number(self) -> int:
        return int(self.folder.name)

    @property
    def status(self) -> str:
        return str(self.record["status"])

    @property
    def metrics(self) -> Mapping[str, Any]:
        return dict(json.loads((self.folder / "output" / "metrics.json").read_text(encoding="utf-8")))

    @property
    def card(self) -> str:
        return (self.folder / "output" / "card.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Registry:
    """All versions of one lake."""

    root: Path

    def versions(self) -> Iterator[Version]:
        """By model and source, oldest first."""
        records = self.root.glob("*/*/*/record.json")
        folders = sorted((file.parent for file in records), key=lambda folder: (*folder.parts[-3:-1], int(folder.name)))
        for folder in folders:
            yield Version(folder, json.loads((folder / "record.json").read_text(encoding="utf-8")))

    def version(self, name: str) -> Version:
        """UsageError lists the versions if there is none of this name."""
        known = {version.name: version for version in self.versions()}
        if name not in known:
            raise UsageError(f"{name}: there is no such version; known: {', '.join(known) or 'none, run `shoplake train`'}.")
        return known[name]

    def approved(self, model: str, source: str) -> Version:
        """The newest approved version; ModelError if there is none."""
        ready = [one for one in self.versions() if one.folder.parts[-3:-1] == (model, source) and one.status == APPROVED]
        if not ready:
            raise ModelError(
                f"{model} of {source}: no version is approved; see `shoplake models`, then `shoplake models approve VERSION`."
            )
        return ready[-1]

    def newest_approved(self) -> list[Version]:
        """The newest approved version of each model and source."""
        return list({one.folder.parent: one for one in self.versions() if one.status == APPROVED}.values())

    def register(self, *, model: str, source: str, job: Path, facts: Mapping[str, Any]) -> Version:
        """Moves what a training job wrote to a new version, which waits for approval."""
        place = self.root / model / source
        place.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(folder.name) for folder in place.iterdir() if folder.name.isdigit()), default=0)
        draft = place / f"_{number}"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(job / "model", draft / "model")
        shutil.copytree(job / "output" / "data", draft / "output")
        hashes = {str(file.relative_to(draft)): sha256(file) for file in sorted(draft.rglob("*")) if file.is_file()}
        record = {**facts, "status": PENDING, "reason": "", "created_at": _now(), "sha256": hashes}
        _write(draft / "record.json", record)
        draft.rename(place / str(number))
        return Version(place / str(number), record)

    def decide(self, name: str, status: str, reason: str) -> Version:
        """Approves or rejects a version. ModelError if a file of it has changed since it was registered."""
        version = self.version(name)
        if status == APPROVED:
            check_files(version)
        record = {**version.record, "status": status, "reason": reason, "decided_at": _now()}
        _write(version.folder / "record.json", record)
        return Version(version.folder, record)


def check_files(version: Version) -> None:
    """ModelError names the first file of a version that is missing or was changed."""
    for path, expected in version.record["sha256"].items():
        file = version.folder / path
        if not file.is_file() or sha256(file) != expected:
            raise ModelError(f"{file}: the file is missing or was changed since it was registered; train again.")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(file: Path, record: Mapping[str, Any]) -> None:
    write_whole(file, json.dumps(record, indent=2, sort_keys=True) + "\n")
