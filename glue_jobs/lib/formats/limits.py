"""How much a packed file may grow: a small file must not fill the disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from contracts.errors import SourceError

CHUNK = 1 << 20
MOST_MEMBERS = 1_000
MOST_BYTES = 32 << 30
# Exports shrink to a tenth, seldom to a hundredth; a zip of zeros to a thousandth.
MOST_GROWTH, ALWAYS_BYTES = 500, 64 << 20


class Readable(Protocol):
    """What has bytes to read."""

    def read(self, size: int, /) -> bytes: ...


def check_growth(unpacked: int, packed: int, *, file: str) -> None:
    """SourceError if so many bytes come out of a packed file of this size."""
    if unpacked > MOST_BYTES or unpacked > max(ALWAYS_BYTES, packed * MOST_GROWTH):
        raise SourceError(
            f"{file}: unpacks to more than {min(MOST_BYTES, max(ALWAYS_BYTES, packed * MOST_GROWTH)):,} bytes, as only a "
            "damaged or hostile file does; if it is right, unpack it and land the content."
        )


def chunks(stream: Readable, *, packed: int, file: str) -> Iterator[bytes]:
    """The content of an unpacked stream, piece by piece."""
    unpacked = 0
    while chunk := stream.read(CHUNK):
        unpacked += len(chunk)
        check_growth(unpacked, packed, file=file)
        yield chunk
