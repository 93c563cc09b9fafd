"""Raw files against the list of raw files that runs keep in `etl_files`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from glue_jobs.lib.source_definition.file_names import is_readable
from glue_jobs.lib.source_definition.source import Source
from offline.files import sha256
from offline.lake.local_lake import LocalLake
from offline.lake.verify.difference import FULL, RUN, Difference, removal
from offline.lake.verify.ledger_rows import LoadedFile

DROP = "shoplake run --drop-missing"


def check_raw(lake: LocalLake, source: Source, known: Sequence[LoadedFile], *, deep: bool) -> Iterator[Difference]:
    """Raw files that are missing, new, changed, or that no run can read."""
    bucket = f"s3://{lake.zones['raw']}/"
    by_path = {lake.raw / file.uri.removeprefix(bucket): file for file in known if file.uri.startswith(bucket)}
    present = {path for kind in source.kinds for path in _files(lake.raw / source.name / kind)}
    for path in sorted(present):
        yield from _check_present(path, by_path, deep=deep)
    for file in known:
        path = lake.raw / file.uri.removeprefix(bucket)
        if file.status == "loaded" and path not in present:
            yield Difference(DROP, file.uri, "was loaded and is gone; restore it, or drop its rows with this command")


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith(("_", ".")):
            yield path


def _check_present(path: Path, known: Mapping[Path, LoadedFile], *, deep: bool) -> Iterator[Difference]:
    file, state = known.get(path), path.stat()
    if not is_readable(path.name):
        yield Difference(removal(path), str(path), "jobs cannot read a file with this name; rename it, or remove it")
    elif not any(part.startswith("ingest_date=") for part in path.parts):
        yield Difference(removal(path), str(path), "is not in a folder ingest_date=YYYY-MM-DD; land it again, then remove it")
    elif file is None:
        yield Difference(RUN, str(path), "no run has seen this file")
    elif file.status == "missing":
        yield Difference(RUN, str(path), "is back after its rows were dropped")
    elif state.st_size != file.size:
        yield Difference(RUN, str(path), f"has {state.st_size:,} bytes; it had {file.size:,} when it was loaded")
    elif _has_another_time(state, file):
        changed = datetime.fromtimestamp(state.st_mtime, UTC)
        yield Difference(RUN, str(path), f"has another time of change than when it was loaded ({changed:%Y-%m-%d %H:%M:%S} UTC)")
    elif deep and sha256(path) != file.sha256:
        yield Difference(FULL, str(path), "has other bytes than when it was loaded, with the same size and time")


def _has_another_time(state: os.stat_result, file: LoadedFile) -> bool:
    if file.modified is not None:
        return file.modified != state.st_mtime_ns // 1_000_000
    return datetime.fromtimestamp(state.st_mtime, UTC).replace(tzinfo=None) > file.recorded_at
