"""One lake on this machine: its zones as folders, its settings, log and locks."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from contracts.errors import UsageError
from contracts.periods import GRAINS
from offline.console.streams import working
from offline.files import write_whole
from offline.twin.lock import locked
from offline.twin.record import Record


@dataclass(frozen=True)
class LocalLake:
    """A lake's folder. `own_sources` is a folder of source folders that replaces the packaged ones."""

    root: Path
    own_sources: Path | None = None

    @cached_property
    def zones(self) -> dict[str, str]:
        """Bucket by zone, as deployed, or as it will be deployed for a new lake.

        PlatformError when the app must be synthesized for this and cannot be.
        """
        if record := Record.read(self.root):
            return record.zones
        from offline.twin import synth  # noqa: PLC0415 - only before a lake's first `up`

        with working("synthesizing the platform (once, until it changes)"):
            return synth.assembly().zones

    @property
    def folders(self) -> dict[str, Path]:
        """The bucket's folder by zone."""
        return {zone: self.bucket(name) for zone, name in self.zones.items()}

    @property
    def raw(self) -> Path:
        return self.folders["raw"]

    @property
    def log(self) -> Path:
        """The log of Spark and its JVM."""
        return self.root / "log" / "spark.log"

    @property
    def sources(self) -> Traversable:
        """The folder with a folder per source; UsageError when --sources is not a folder."""
        if self.own_sources is None:
            return resources.files("glue_jobs") / "sources"
        if not self.own_sources.is_dir():
            raise UsageError(f"{self.own_sources}: there is no such folder; --sources expects a folder of source folders.")
        return self.own_sources

    def bucket(self, name: str) -> Path:
        return self.root / "s3" / name

    def buckets(self) -> dict[str, Path]:
        """The folders of the zones by bucket name."""
        return {name: self.bucket(name) for name in self.zones.values()}

    def grain(self, requested: str | None) -> str:
        """The partition grain, fixed by the lake's first run. UsageError if `requested` differs."""
        if requested and requested not in GRAINS:
            raise UsageError(f"--grain {requested}: expected {' or '.join(GRAINS)}; choose one of them.")
        settings = self.root / "lake.json"
        of_tables = self._grain_of_tables()
        kept = _kept_grain(settings, or_none=of_tables is not None)
        if kept is None:
            kept = of_tables or requested or next(iter(GRAINS))
            self.root.mkdir(parents=True, exist_ok=True)
            write_whole(settings, json.dumps({"grain": kept}) + "\n")
        if requested and requested != kept:
            raise UsageError(
                f"--grain {requested}: this lake partitions all its tables by {kept} ({settings}); "
                "omit --grain, or start another lake with --lake."
            )
        return kept

    def _grain_of_tables(self) -> str | None:
        """The grain of the tables' folders, for a lake whose settings were lost; None without tables."""
        record = Record.read(self.root)
        buckets = [self.bucket(name) for name in record.zones.values()] if record else self.root.glob("s3/*")
        periods = (folder.name.removeprefix("period=") for bucket in buckets for folder in bucket.glob("*/source=*/period=*"))
        lengths = {len(form): grain for grain, form in GRAINS.items()}
        return next((lengths[len(period)] for period in periods if len(period) in lengths), None)

    def locked(self, name: str, *, wait: bool) -> AbstractContextManager[None]:
        """Holds the lake's lock of this name; BusyError when it is taken and `wait` is false."""
        return locked(self.root, name, wait=wait)


def _kept_grain(settings: Path, *, or_none: bool) -> str | None:
    """The grain in the settings; None without them or, with `or_none`, if they cannot be read."""
    try:
        kept = json.loads(settings.read_text(encoding="utf-8"))["grain"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        kept = None
    if kept not in GRAINS:
        if or_none:
            return None
        raise UsageError(
            f'{settings}: expected {{"grain": "month"}} or {{"grain": "day"}}; write what the lake\'s folders show '
            "(period=2019-10 is month, period=2019-10-01 is day)."
        )
    return str(kept)
