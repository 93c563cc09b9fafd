"""An S3 object that is a file: moto's own object class, with the bytes, the size, the time and the ETag of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import has_request_context, request
from moto.s3 import models
from moto.s3.exceptions import S3ClientError

CHUNK = 1 << 20
HASHED = 8 << 20
Stamp = tuple[int, int, int]
"""Size in bytes, time of last change in nanoseconds, inode: what tells one content of a file from the next."""


class NoFileNameError(S3ClientError):
    """An object that a folder cannot hold."""

    code = 400

    def __init__(self, name: str, why: str) -> None:
        super().__init__("InvalidRequest", f"{name}: {why}; the twin keeps objects as files. Use another key.")


class Slices:
    """A file's bytes by position, so that a range is read without the rest."""

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path, size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        with self._path.open("rb") as file:
            file.seek(start)
            return file.read(max(0, stop - start))

    def __iter__(self) -> Iterator[bytes]:
        return (self[start : start + CHUNK] for start in range(0, self._size, CHUNK))


class FileKey(models.FakeKey):
    """An object that is a file. One of these stands for one content: when the file changes, another takes its place."""

    path: Path
    stamp: Stamp
    _etag: str | None

    @property
    def value(self) -> Any:
        if has_request_context() and request.headers.get("Range"):
            return Slices(self.path, self.stamp[0])
        return self.path.read_bytes()

    @property
    def etag(self) -> str:
        """As S3 does: MD5 of what was put in one piece, something else for what came in parts; here for large foreign files."""
        if self._etag is None:
            if self.stamp[0] <= HASHED:
                self._etag = hashlib.md5(self.path.read_bytes(), usedforsecurity=False).hexdigest()
            else:
                self._etag = hashlib.md5(repr(self.stamp).encode(), usedforsecurity=False).hexdigest() + "-1"
        return f'"{self._etag}"'

    def dispose(self, garbage: bool = False) -> None:  # noqa: FBT001, FBT002 - moto's signature
        """There is no buffer to close."""

    def __del__(self) -> None:
        """Nor is there one to warn of."""

    def __deepcopy__(self, memo: dict[int, Any]) -> FileKey:
        copied: FileKey = object.__new__(FileKey)
        copied.__dict__.update(self.__dict__)
        return copied
