"""S3 on plain folders: an object put by boto3 is a file at once, and a file written by any program is an object at once.

moto keeps a bucket's objects in a dictionary. We replace that dictionary by the folder `<root>/<bucket>`, and nothing else of
moto's S3. An object's bytes, name, size and time are those of the file. The rest (content type, user metadata, tags, the ETag of
a multipart upload) lasts until the server stops or the file changes. Versions are not kept. A folder and an object cannot
have the same name, and no part of a key can be `.`, `..`, empty or longer than 255 bytes.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moto.s3 import models

from offline.twin.services.s3.objects import CHUNK, FileKey, InvalidKeyError

DRAFT = ".put-"
LONGEST = 255


class Folder:
    """The objects of one bucket, with the interface of moto's key store."""

    def __init__(self, root: Path, bucket: models.FakeBucket) -> None:
        self._root, self._bucket = root, bucket
        self._known: dict[str, FileKey] = {}
        root.mkdir(parents=True, exist_ok=True)

    def below(self, prefix: str) -> Iterator[tuple[str, FileKey]]:
        """Every object whose name begins with `prefix`. Searches only the folder that the prefix names."""
        start = self._root / prefix.rpartition("/")[0]
        if self._root not in (start, *start.parents) or ".." in start.parts:
            return
        for folder, _, files in os.walk(start):
            for file in files:
                path = Path(folder, file)
                name = path.relative_to(self._root).as_posix()
                if name.startswith(prefix) and (key := self._look(name, path)):
                    yield name, key

    def items(self) -> Iterator[tuple[str, FileKey]]:
        return self.below("")

    def values(self) -> Iterator[FileKey]:
        return (key for _, key in self.items())

    def iterlists(self) -> Iterator[tuple[str, list[FileKey]]]:
        return ((name, [key]) for name, key in self.items())

    def item_size(self) -> int:
        return sum(key.size for key in self.values())

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.items())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def __getitem__(self, name: str) -> FileKey:
        key: FileKey | None = self.get(name)
        if key is None:
            raise KeyError(name)
        return key

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self._look(name, self._path(name)) or default
        except InvalidKeyError:
            return default

    def getlist(self, name: str, default: Any = None) -> Any:
        key = self.get(name)
        return default if key is None else [key]

    def __setitem__(self, name: str, key: models.FakeKey) -> None:
        self.setlist(name, [key])

    def setlist(self, name: str, keys: list[models.FakeKey]) -> None:
        """Writes the latest version to a draft, then moves it into place in one step."""
        key = keys[-1]
        path = self._path(name)
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            return
        draft = path.with_name(f"{DRAFT}{secrets.token_hex(8)}")
        try:
            self._write(key, draft)
            status = draft.stat()
            draft.replace(path)
        except (IsADirectoryError, NotADirectoryError, FileExistsError):
            raise InvalidKeyError(name, "a part of this key is the name of a folder or of another object") from None
        finally:
            with suppress(OSError):
                draft.unlink()
        self._become_file(key, path, status)
        self._known[name] = key

    def pop(self, name: str) -> None:
        path = self._path(name)
        self._known.pop(name, None)
        if self._look(name, path) is None:
            raise KeyError(name)
        path.unlink(missing_ok=True)
        for folder in path.parents:
            if folder == self._root:
                break
            try:
                folder.rmdir()
            except OSError:
                break

    def _path(self, name: str) -> Path:
        parts = name.removesuffix("/").split("/")
        if any(part in ("", ".", "..") or len(part.encode()) > LONGEST or "\0" in part for part in parts):
            raise InvalidKeyError(name, "a part of this key is not a valid file name")
        return self._root.joinpath(*parts)

    def _look(self, name: str, path: Path) -> FileKey | None:
        if name.endswith("/") or path.name.startswith(DRAFT):
            return None
        try:
            status = path.stat()
        except OSError:
            return None
        if not path.is_file():
            return None
        stamp = (status.st_size, status.st_mtime_ns, status.st_ino)
        known = self._known.get(name)
        if known is None or known.stamp != stamp:
            known = models.FakeKey(
                name, b"", self._bucket.account_id, self._bucket.region_name, bucket_name=self._bucket.name, version_id="null"
            )
            self._become_file(known, path, status)
            self._known[name] = known
        return known

    @staticmethod
    def _write(key: models.FakeKey, draft: Path) -> None:
        with suppress(FileExistsError):
            draft.parent.mkdir(parents=True, exist_ok=True)
        buffer = key._value_buffer  # noqa: SLF001 - the only access to the bytes without a copy
        buffer.seek(0)
        with draft.open("xb") as file:
            while block := buffer.read(CHUNK):
                file.write(block)

    @staticmethod
    def _become_file(key: models.FakeKey, path: Path, status: os.stat_result) -> None:
        models.FakeKey.dispose(key)
        key.__class__ = FileKey
        key.path, key.stamp = path, (status.st_size, status.st_mtime_ns, status.st_ino)
        key.contentsize = status.st_size
        key.last_modified = datetime.fromtimestamp(status.st_mtime, UTC).replace(tzinfo=None)


class _Listing:
    """A bucket restricted to the keys with a prefix."""

    def __init__(self, folder: Folder, prefix: str | None) -> None:
        self.keys = dict(folder.below(prefix or ""))


def install(root: Path) -> None:
    """Makes moto's buckets the folders below `root`. Policies are not enforced, because moto would ignore their conditions."""
    create, listed = models.FakeBucket.__init__, models.S3Backend.list_objects

    def begin(self: models.FakeBucket, *args: Any, **kwargs: Any) -> None:
        create(self, *args, **kwargs)
        self.keys = Folder(root / self.name, self)

    def list_objects(self: models.S3Backend, bucket: models.FakeBucket, prefix: str | None, *args: Any, **kwargs: Any) -> Any:
        return listed(self, _Listing(bucket.keys, prefix), prefix, *args, **kwargs)

    _replace(models.FakeBucket, "__init__", begin)
    _replace(models.FakeBucket, "is_versioned", property(lambda _: False))
    _replace(models.FakeBucket, "get_permission", _neutral)
    _replace(models.S3Backend, "list_objects", list_objects)


def _neutral(*_: object) -> Any:
    from moto.iam.access_control import PermissionResult  # noqa: PLC0415 - slow to import; moto defers it too

    return PermissionResult.NEUTRAL


def _replace(owner: type, name: str, new: Callable[..., Any] | property) -> None:
    setattr(owner, name, new)
