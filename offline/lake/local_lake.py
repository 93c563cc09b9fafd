"""Where one lake lives on this machine: its zones as folders, its settings, its log, its locks."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from contracts.errors import LakeError
from contracts.periods import GRAINS
from offline.console.streams import working
from offline.twin.record import Record


@dataclass(frozen=True)
class LocalLake:
    """A lake's folder. `own_sources` is a folder of source folders in place of the packaged ones."""

    root: Path
    own_sources: Path | None = None

    @cached_property
    def zones(self) -> dict[str, str]:
        """Zone → bucket: raw, processed and curated, as they are deployed, or as they will be in a lake that is new.

        LakeError when the platform has to be synthesized for it and cannot be.
        """
        if record := Record.read(self.root):
            return record.zones
        from offline.twin import synth  # noqa: PLC0415 - needed before a lake's first `up` only

        with working("synthesizing the platform (once, until it changes)"):
            return synth.assembly().zones

    @property
    def folders(self) -> dict[str, Path]:
        """Zone → its bucket's folder."""
        return {zone: self.bucket(name) for zone, name in self.zones.items()}

    @property
    def raw(self) -> Path:
        return self.folders["raw"]

    @property
    def log(self) -> Path:
        """What Spark and its Java have to say."""
        return self.root / "log" / "spark.log"

    @property
    def sources(self) -> Traversable:
        """The folder that holds a folder per source; LakeError when the given one is none."""
        if self.own_sources is None:
            return resources.files("glue_jobs") / "sources"
        if not self.own_sources.is_dir():
            raise LakeError(f"{self.own_sources}: no such folder; --sources expects a folder that holds one folder per source.")
        return self.own_sources

    def bucket(self, name: str) -> Path:
        return self.root / "s3" / name

    def buckets(self) -> dict[str, Path]:
        """The folders of the zones' buckets, by bucket."""
        return {name: self.bucket(name) for name in self.zones.values()}

    def grain(self, wanted: str | None) -> str:
        """How the lake's timed tables are partitioned. The first run decides and it stays; LakeError if `wanted` is another."""
        if wanted and wanted not in GRAINS:
            raise LakeError(f"--grain {wanted}: expected {' or '.join(GRAINS)}; choose one of them.")
        settings = self.root / "lake.json"
        kept = _kept_grain(settings)
        if kept is None:
            kept = wanted or next(iter(GRAINS))
            self.root.mkdir(parents=True, exist_ok=True)
            draft = settings.with_name(f"_{settings.name}")
            draft.write_text(json.dumps({"grain": kept}) + "\n", encoding="utf-8")
            draft.replace(settings)
        if wanted and wanted != kept:
            raise LakeError(
                f"--grain {wanted}: this lake keeps its tables by {kept} ({settings}), and all of them alike; "
                "leave --grain out, or begin another lake with --lake."
            )
        return kept

    @contextmanager
    def locked(self, name: str, *, wait: bool) -> Iterator[None]:
        """Holds the lake's lock of this name; LakeError naming the holder when it is taken and not to be waited for."""
        self.root.mkdir(parents=True, exist_ok=True)
        path = self.root / f"{name}.lock"
        with path.open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                file.seek(0)
                raise LakeError(
                    f"{self.root}: another {name} works on this lake ({file.read().strip() or 'just started'}); "
                    "two would overwrite each other's partitions. Wait until it ends, then try again."
                ) from None
            file.truncate(0)
            file.write(f"process {os.getpid()}, since {datetime.now().astimezone():%H:%M:%S}\n")
            file.flush()
            yield


def _kept_grain(settings: Path) -> str | None:
    try:
        kept = json.loads(settings.read_text(encoding="utf-8"))["grain"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        kept = None
    if kept not in GRAINS:
        raise LakeError(
            f'{settings}: expected {{"grain": "month"}} or {{"grain": "day"}}; write what the lake\'s folders show '
            "(period=2019-10 is month, period=2019-10-01 is day)."
        )
    return str(kept)
