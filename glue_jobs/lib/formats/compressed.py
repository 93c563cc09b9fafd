"""Decompresses gzip, bzip2, xz and zstd, of one stream or several."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from contracts.errors import SourceError
from glue_jobs.lib.formats.limits import chunks
from glue_jobs.lib.source_definition.magic import BZIP2, GZIP, XZ, ZSTD, check_is

OPENERS: dict[str, tuple[bytes, Callable[[str], Any]]] = {
    ".gz": (GZIP, gzip.open),
    ".bz2": (BZIP2, bz2.open),
    ".xz": (XZ, lzma.open),
    # Glue has PyArrow, but no zstd in its Python.
    ".zst": (ZSTD, lambda path: pa.input_stream(path, compression="zstd")),
}


def content(path: Path, compression: str, *, file: str) -> Iterator[bytes]:
    """The decompressed bytes; SourceError if the file is cut off or something else."""
    magic, opener = OPENERS[compression]
    with path.open("rb") as raw:
        check_is(magic, raw.read(64), f"a file compressed as {compression}", file=file)
    try:
        with opener(str(path)) as stream:
            yield from chunks(stream, packed=path.stat().st_size, file=file)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, pa.ArrowException) as error:
        reason = str(error).strip().rstrip(".").splitlines()[0] if str(error).strip() else type(error).__name__
        raise SourceError(
            f"{file}: is named {compression} but cannot be decompressed, or is cut off ({reason}); export it again."
        ) from None
