"""An S3 object that is a file: moto's own object class, with the bytes, size, time and ETag of the file."""

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
"""Size in bytes, modification time in nanoseconds, inode. A new stamp means new content."""


class InvalidKeyError(S3ClientError):
    """A key that cannot be a file name."""

    code = 400

    def __init__(self, name: str, reason: str) -> None:
        super().__init__("InvalidRequest", f"{name}: {reason}; the local stack keeps objects as files. Use another key.")


class Slices:
    """A file's bytes by position, so that a range can be read on its own."""

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
    """An object that is a file. An instance stands for one content; a changed file gets a new instance."""

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
        """The MD5 of the bytes, as in S3. Large files that were not put through S3 get an ETag in the multipart form."""
        if self._etag is None:
            if self.stamp[0] <= HASHED:
                self._etag = hashlib.md5(self.path.read_bytes(), usedforsecurity=False).hexdigest()
            else:
                self._etag = hashlib.md5(repr(self.stamp).encode(), usedforsecurity=False).hexdigest() + "-1"
        return f'"{self._etag}"'

    def dispose(self, garbage: bool = False) -> None:  # noqa: FBT001, FBT002 - moto's signature
        """There is no buffer to close."""

    def __del__(self) -> None:
        """moto would warn of an open buffer."""

    def __deepcopy__(self, memo: dict[int, Any]) -> FileKey:
        copied: FileKey = object.__new__(FileKey)
        copied.__dict__.update(self.__dict__)
        return copied
