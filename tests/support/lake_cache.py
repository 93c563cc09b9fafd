"""Built lakes, kept between test runs by the content of everything that goes into them.

Most of the time of the end-to-end tests goes into building lakes, not into checking them. A lake depends on nothing but code,
contracts, raw files and arguments, so an entry's name is a hash of those: changing one of them leads to another entry. The
checks always run. `SHOPLAKE_TEST_CACHE` names another folder than .pytest_cache/lakes; `off` builds every lake from scratch.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "glue_jobs", "offline", "tests")
KEPT_BYTES = 3 * 1024**3
KEPT_SECONDS = 14 * 86_400
# Another process of this test run may still read an entry as young as that.
IN_USE_SECONDS = 3_600


@dataclass(frozen=True)
class LakeCache:
    """Entries are folders. Nobody may change one: copy it first."""

    folder: Path

    @classmethod
    def open(cls, scratch: Path) -> LakeCache:
        """The cache that SHOPLAKE_TEST_CACHE names; with `off`, one in `scratch`, this process' folder for temporary files.

        The workers of a test run have folders in one folder, and share the cache: each would build the other's entries again.
        """
        choice = os.environ.get("SHOPLAKE_TEST_CACHE", "")
        own = scratch.parent if "PYTEST_XDIST_WORKER" in os.environ else scratch
        folder = own / "lakes" if choice == "off" else Path(choice or ROOT / ".pytest_cache" / "lakes")
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def get(self, name: str, key: str, build: Callable[[Path], None]) -> Path:
        """The entry with this key. Without one, `build` fills a new folder while other processes that need it wait."""
        entry = self.folder / f"{name}-{key}"
        with self._locked(entry.name):
            if not entry.is_dir():
                partial = self.folder / f"{entry.name}.partial"
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir()
                build(partial)
                partial.rename(entry)
            os.utime(entry)
        return entry

    def prune(self, *, kept_bytes: int = KEPT_BYTES, now: float | None = None) -> None:
        """Remove entries that nobody used for two weeks, and the least recently used above `kept_bytes`."""
        now = time.time() if now is None else now
        entries = sorted(((path.stat().st_mtime, path) for path in self.folder.iterdir() if path.is_dir()), reverse=True)
        total = 0
        for used, path in entries:
            total += sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            idle = now - used
            if idle > KEPT_SECONDS or (total > kept_bytes and idle > IN_USE_SECONDS):
                shutil.rmtree(path, ignore_errors=True)
                (self.folder / f"{path.name}.lock").unlink(missing_ok=True)

    def _locked(self, name: str) -> _Lock:
        return _Lock(self.folder / f"{name}.lock")


class _Lock:
    """One process at a time; the operating system frees it when the process ends."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w")

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def fingerprint(files: Iterable[Path], *values: object) -> str:
    """A short hash of the files' names and contents, and of some values."""
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name
        digest.update(f"{name}\0{content_hash(path)}\0".encode())
    digest.update(repr(values).encode())
    return digest.hexdigest()[:24]


@cache
def content_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_of(module: str) -> frozenset[Path]:
    """The files of this repository that a module imports, directly or through others."""
    files: set[Path] = set()
    waiting = [module]
    while waiting:
        for path in _files(waiting.pop()):
            if path not in files:
                files.add(path)
                waiting += _imports(path)
    return frozenset(files)


def _files(module: str) -> list[Path]:
    """The module's file, if it is one of ours, and the __init__.py of the packages around it."""
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return []
    packages = [ROOT.joinpath(*parts[: depth + 1], "__init__.py") for depth in range(len(parts))]
    return [path for path in (*packages, ROOT.joinpath(*parts).with_suffix(".py")) if path.is_file()]


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *[f"{node.module}.{alias.name}" for alias in node.names]]
    return names
