"""Bytes into the raw zone, unchanged: checked first, copied beside their place, then put there in one step."""

from __future__ import annotations

import errno
import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from contracts.errors import LakeError
from glue_jobs.lib.source_definition.source import Source
from offline.lake.file_validation import HIDDEN, ValidatedFile
from offline.lake.local_lake import LocalLake

CHUNK = 1 << 20
DRAFT = ".landing"
GZIP = ".gz"

Progress = Callable[[int], None]
"""Called with the bytes that were dealt with since the last call."""


@dataclass(frozen=True)
class Landed:
    """What became of one arrival: where its bytes are, and whether they had been there before."""

    arrival: ValidatedFile
    place: Path
    known: bool


def land(home: LocalLake, source: Source, arrivals: Sequence[ValidatedFile], *, progress: Progress) -> list[Landed]:
    """Copies checked files to <raw>/<source>/<kind>/ingest_date=…/. One land at a time; what is there is never touched.

    LakeError when the disk is full or may not be written: then nothing half-copied stays, and files before it are landed.
    """
    landed: list[Landed] = []
    try:
        with home.locked("land", wait=True):
            shelves = {kind: _Shelf(home.raw / source.name / kind) for kind in {arrival.kind.name for arrival in arrivals}}
            for arrival in arrivals:
                landed.append(_land(shelves[arrival.kind.name], arrival, progress))  # noqa: PERF401 - counted if one fails
    except OSError as error:
        raise _unlanded(home, arrivals, landed, error) from error
    return landed


class _Shelf:
    """What is in raw of one kind of file, found by its bytes; a file is hashed only when another has its size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_size: dict[int, list[Path]] = defaultdict(list)
        self._digests: dict[Path, str] = {}
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.name.startswith(HIDDEN):
                self._by_size[file.stat().st_size].append(file)

    def find(self, path: Path) -> Path | None:
        """The file that holds the same bytes; one that claims to be gzip and one that does not are read differently."""
        rivals = [file for file in self._by_size.get(path.stat().st_size, []) if (file.suffix == GZIP) == (path.suffix == GZIP)]
        digest = sha256(path) if rivals else ""
        return next((rival for rival in rivals if self._digest(rival) == digest), None)

    def add(self, path: Path, digest: str) -> None:
        self._by_size[path.stat().st_size].append(path)
        self._digests[path] = digest

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            self._digests[path] = sha256(path)
        return self._digests[path]


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _land(shelf: _Shelf, arrival: ValidatedFile, progress: Progress) -> Landed:
    if known := shelf.find(arrival.path):
        progress(arrival.path.stat().st_size)
        return Landed(arrival, known, known=True)
    folder = shelf.folder / f"ingest_date={arrival.date.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f"_*{DRAFT}"):
        stale.unlink()
    draft = folder / f"_{arrival.path.name}{DRAFT}"
    try:
        digest = _copy(arrival.path, draft, progress)
        place = _free(folder / arrival.path.name, digest)
        draft.rename(place)
    finally:
        draft.unlink(missing_ok=True)
    _keep(folder)
    shelf.add(place, digest)
    return Landed(arrival, place, known=False)


def _copy(path: Path, draft: Path, progress: Progress) -> str:
    """Copies to disk, not only to the cache; the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    with path.open("rb") as source, draft.open("wb") as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            write(target, chunk)
            progress(len(chunk))
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def write(target: IO[bytes], chunk: bytes) -> None:
    """The one place where landing writes bytes."""
    target.write(chunk)


def _free(place: Path, digest: str) -> Path:
    """The place itself, or one beside it when other bytes hold its name."""
    if not place.exists():
        return place
    name, dot, suffix = place.name.partition(".")
    return place.with_name(f"{name}-{digest[:8]}{dot}{suffix}")


def _keep(folder: Path) -> None:
    """Makes the rename itself outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unlanded(home: LocalLake, arrivals: Sequence[ValidatedFile], landed: Sequence[Landed], error: OSError) -> LakeError:
    name = arrivals[len(landed)].path.name
    done = f"{len(landed)} of {len(arrivals)} files were landed before it" if landed else "nothing was landed"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LakeError(f"{name}: no space left in {home.raw}; {done}. Free some space and land the same files again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return LakeError(
            f"{name}: no permission to write in {home.raw}; {done}. Get write permission, or choose another lake with --lake."
        )
    return LakeError(f"{name}: could not be copied to {home.raw} ({error.strerror}); {done}. Land the same files again.")
