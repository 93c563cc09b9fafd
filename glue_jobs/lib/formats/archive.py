"""Reads the members of zip archives. Nothing is ever written under a member's name."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from contracts.errors import SourceError
from glue_jobs.lib.formats.limits import MOST_MEMBERS, check_growth, chunks
from glue_jobs.lib.source_definition.file_names import is_archive
from glue_jobs.lib.source_definition.magic import ZIP, check_is

ENCRYPTED = 1
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


@contextmanager
def opened(path: Path, *, file: str) -> Iterator[zipfile.ZipFile]:
    """The archive; SourceError if it is damaged, encrypted or too large."""
    with path.open("rb") as raw:
        check_is(ZIP, raw.read(64), "a zip archive", file=file)
    with ExitStack() as stack:
        with _refusing(file):
            archive = stack.enter_context(zipfile.ZipFile(path))
            _check(archive, path.stat().st_size, file=file)
        yield archive


@contextmanager
def _refusing(file: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise SourceError(f"{file}: the zip archive is damaged or cut off ({str(error).rstrip('.')}); export it again.") from None


def members(archive: zipfile.ZipFile, *, file: str) -> list[zipfile.ZipInfo]:
    """The files in an archive, without folders and what operating systems add; SourceError if one of them is not safe."""
    found = [member for member in archive.infolist() if not member.is_dir() and not _is_litter(member.filename)]
    if not found:
        raise SourceError(f"{file}: the zip archive has no files; export it again, or do not land it.")
    for member in found:
        name = member.filename
        if name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
            raise SourceError(f"{file}: has a member with the unsafe name {name!r}; make the archive again with plain names.")
        if is_archive(name):
            raise SourceError(f"{file}: contains another zip archive, {name}; unpack that one and land it.")
    return found


def content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, file: str) -> Iterator[bytes]:
    """The bytes of a member. Zip's own checksum is compared at the end."""
    with _refusing(file), archive.open(member) as stream:
        yield from chunks(stream, packed=member.compress_size, file=f"{file}!/{member.filename}")


def _check(archive: zipfile.ZipFile, size: int, *, file: str) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        raise SourceError(f"{file}: has {len(entries):,} members, more than {MOST_MEMBERS:,}; unpack it and land the files.")
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise SourceError(f"{file}: is encrypted with a password; unpack it, or make it again without a password.")
    check_growth(sum(entry.file_size for entry in entries), size, file=file)


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in (".DS_Store", "Thumbs.db", "desktop.ini")
