"""Copies files unchanged into the raw zone: first to a draft next to the target, then renamed in one step."""

from __future__ import annotations

import errno
import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from contracts.errors import LakeError, PlatformError
from glue_jobs.lib.source_definition.file_names import compression
from glue_jobs.lib.source_definition.source import Source
from offline.files import sha256
from offline.lake.file_validation import HIDDEN, ValidatedFile
from offline.lake.local_lake import LocalLake

CHUNK = 1 << 20
DRAFT = ".landing"

Progress = Callable[[int], None]
"""Called with the number of bytes processed since the last call."""


@dataclass(frozen=True)
class Landed:
    """The result for one file: its path in raw, and whether the same bytes were already present."""

    file: ValidatedFile
    path: Path
    is_duplicate: bool


def land(lake: LocalLake, source: Source, files: Sequence[ValidatedFile], *, progress: Progress) -> list[Landed]:
    """Copies validated files to <raw>/<source>/<kind>/ingest_date=…/, one process at a time; existing files are never changed.

    PlatformError when the disk is full or not writable: no partial copy remains, and the files before it are landed.
    """
    landed: list[Landed] = []
    try:
        with lake.locked("land", wait=True):
            present = {kind: _PresentFiles(lake.raw / source.name / kind) for kind in {file.kind.name for file in files}}
            for file in files:
                landed.append(_land(present[file.kind.name], file, progress))  # noqa: PERF401 - counted if one fails
    except OSError as error:
        raise _not_landed(lake, files, landed, error) from error
    return landed


class _PresentFiles:
    """The files of one kind in raw, indexed by content; a file is hashed only if another one has the same size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_size: dict[int, list[Path]] = defaultdict(list)
        self._digests: dict[Path, str] = {}
        for file in sorted(folder.rglob("*")):
            if file.is_file() and not file.name.startswith(HIDDEN):
                self._by_size[file.stat().st_size].append(file)

    def find(self, path: Path) -> Path | None:
        """The file with the same bytes. Readers unpack by name, so a .gz file never equals one without .gz."""
        sized, packed = self._by_size.get(path.stat().st_size, []), compression(path.name)
        candidates = [file for file in sized if compression(file.name) == packed]
        digest = sha256(path) if candidates else ""
        return next((file for file in candidates if self._digest(file) == digest), None)

    def add(self, path: Path, digest: str) -> None:
        self._by_size[path.stat().st_size].append(path)
        self._digests[path] = digest

    def _digest(self, path: Path) -> str:
        if path not in self._digests:
            self._digests[path] = sha256(path)
        return self._digests[path]


def _land(present: _PresentFiles, file: ValidatedFile, progress: Progress) -> Landed:
    if existing := present.find(file.path):
        progress(file.path.stat().st_size)
        return Landed(file, existing, is_duplicate=True)
    folder = present.folder / f"ingest_date={file.date.isoformat()}"
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f"_*{DRAFT}"):
        stale.unlink()
    draft = folder / f"_{file.path.name}{DRAFT}"
    try:
        digest = _copy(file.path, draft, progress)
        target = _unused_path(folder / file.path.name, digest)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    _sync(folder)
    present.add(target, digest)
    return Landed(file, target, is_duplicate=False)


def _copy(path: Path, draft: Path, progress: Progress) -> str:
    """Copies a file and syncs it to disk; returns its SHA-256."""
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
    """Writes a chunk; tests simulate a full disk here."""
    target.write(chunk)


def _unused_path(path: Path, digest: str) -> Path:
    """The path itself, or one with a hash in its name when other bytes have that name."""
    if not path.exists():
        return path
    name, dot, suffix = path.name.partition(".")
    return path.with_name(f"{name}-{digest[:8]}{dot}{suffix}")


def _sync(folder: Path) -> None:
    """Makes the rename durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_landed(lake: LocalLake, files: Sequence[ValidatedFile], landed: Sequence[Landed], error: OSError) -> LakeError:
    name = files[len(landed)].path.name
    done = f"{len(landed)} of {len(files)} files were landed before it" if landed else "nothing was landed"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return PlatformError(f"{name}: no space left in {lake.raw}; {done}. Free some space and land the same files again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PlatformError(
            f"{name}: no permission to write in {lake.raw}; {done}. Get write permission, or choose another lake with --lake."
        )
    return PlatformError(f"{name}: could not be copied to {lake.raw} ({error.strerror}); {done}. Land the same files again.")
