"""Reads the beginning of a sample file of any format that `land` accepts, as the text that a run would read."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from contracts.errors import SourceError, UsageError
from glue_jobs.lib.formats import workbook
from glue_jobs.lib.formats.texts import READERS, spooled, texts
from glue_jobs.lib.source_definition.magic import AVRO, PARQUET, ZIP
from glue_jobs.lib.source_definition.source import FileKind

# Read from each file. What appears only later in a file is found by `land` and `run`.
SAMPLE_BYTES = 8 << 20
MAGIC = {ZIP: "xlsx", PARQUET: "parquet", AVRO: "avro"}


@dataclass(frozen=True)
class Beginning:
    """The first bytes of a file's text. `format` is one with types, or '' for text; `sheets` are those of a workbook."""

    content: bytes
    format: str = ""
    sheets: tuple[str, ...] = ()


def read_beginning(path: Path, *, timezone: str) -> Beginning:
    """The first SAMPLE_BYTES of a file, or of the first member of an archive; LakeError if it cannot be read."""
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file; check the path.")
    try:
        with closing(texts(_kind("csv"), path, name=path.name, timezone=timezone)) as found:
            text = next(found)
            first = next(text.chunks, b"")
            form = next((form for magic, form in MAGIC.items() if first.startswith(magic)), "")
            if not form:
                return Beginning(_first_bytes(chain([first], text.chunks)))
            with spooled(chain([first], text.chunks)) as copy:
                return _typed(copy, form, name=text.name, timezone=timezone)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from None


def _typed(path: Path, form: str, *, name: str, timezone: str) -> Beginning:
    sheets = workbook.sheet_names(path, file=name) if form == "xlsx" else ()
    kind = _kind(form, sheet=sheets[0] if sheets else "")
    return Beginning(_first_bytes(READERS[form](kind, path, file=name, timezone=timezone)), form, sheets)


def _kind(form: str, *, sheet: str = "") -> FileKind:
    """A kind with no columns yet."""
    return FileKind("sample", ("*",), (), format=form, sheet=sheet)


def _first_bytes(chunks: Iterable[bytes]) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) >= SAMPLE_BYTES:
            break
    return bytes(content[:SAMPLE_BYTES])
