"""Compressed files and archives: read whole and in pieces, or refused in one sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from contracts.errors import SourceError
from glue_jobs.lib.formats import limits
from glue_jobs.lib.formats.texts import is_converted, texts
from glue_jobs.lib.source_definition.source import FileKind, RawColumn

KIND = FileKind(name="lines", glob=("*.csv",), columns=(RawColumn("sku"),))
TEXT = b"sku\n" + b"".join(b"%d\n" % number for number in range(300_000))
PACKED = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, "zstd", asbytes=True),
}


def contents(folder: Path, name: str, content: bytes, kind: FileKind = KIND) -> dict[str, bytes]:
    path = folder / "file"
    path.write_bytes(content)
    return {text.member: b"".join(text.chunks) for text in texts(kind, path, name=name, timezone="UTC")}


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return target.getvalue()


def encrypted() -> bytes:
    """An archive whose entries say that they need a password."""
    content = bytearray(archive(("a.csv", b"sku\n1\n")))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("upper", [False, True])
def test_all_that_was_compressed_is_read(tmp_path: Path, suffix: str, *, upper: bool) -> None:
    name = f"a.csv{suffix.upper() if upper else suffix}"
    assert KIND.accepts(name)
    assert contents(tmp_path, name, PACKED[suffix](TEXT)) == {"": TEXT}
    # Parallel compressors and concatenation write several streams.
    assert contents(tmp_path, name, PACKED[suffix](TEXT) + PACKED[suffix](b"end\n")) == {"": TEXT + b"end\n"}
    assert is_converted(KIND, name) is (name != "a.csv.gz")


@pytest.mark.parametrize("suffix", PACKED)
def test_a_damaged_file_is_refused_with_its_name_and_a_remedy(tmp_path: Path, suffix: str) -> None:
    packed = PACKED[suffix](TEXT)
    for content in (packed[: len(packed) // 2], packed[:-3], packed[:40]):
        with pytest.raises(SourceError, match=rf"^a\.csv\{suffix}: is named \{suffix} but cannot be decompressed, or is cut off"):
            contents(tmp_path, f"a.csv{suffix}", content)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv.zst", b"sku\n1\n", "a.csv.zst: is not a file compressed as .zst; its first bytes are those of no format"),
        ("a.csv.zst", lambda: gzip.compress(TEXT), "a.csv.zst: is not a file compressed as .zst; it is compressed with gzip."),
        ("a.zip", b"", "a.zip: the file is empty; export it again, or do not land it."),
        ("a.zip", TEXT, "a.zip: is not a zip archive; its first bytes"),
        ("a.zip", b"%PDF-1.7", "a.zip: is a PDF; export the data as CSV."),
        ("a.zip", lambda: archive(("a.csv", TEXT))[:-30], "a.zip: the zip archive is damaged or cut off"),
        ("a.zip", archive(), "a.zip: is an empty zip archive; export it again, or do not land it."),
        ("a.zip", archive(("a/", b"")), "a.zip: the zip archive has no files"),
        ("a.zip", lambda: archive(("../a.csv", TEXT)), "a.zip: has a member with the unsafe name '../a.csv'"),
        ("a.zip", lambda: archive(("/etc/a.csv", TEXT)), "a.zip: has a member with the unsafe name '/etc/a.csv'"),
        ("a.zip", archive(("b/c.ZIP", archive())), "a.zip: contains another zip archive, b/c.ZIP; unpack that one"),
        ("a.zip", encrypted(), "a.zip: is encrypted with a password"),
        ("a.zip", lambda: archive(*[(f"{n}.csv", b"1") for n in range(1001)]), "a.zip: has 1,001 members, more than 1,000"),
    ],
)
def test_what_is_not_safe_or_something_else_is_refused(
    tmp_path: Path, name: str, content: bytes | Callable[[], bytes], sentence: str
) -> None:
    with pytest.raises(SourceError) as error:
        contents(tmp_path, name, content() if callable(content) else content)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("name", ["a.csv.zst", "a.zip"])
def test_what_grows_beyond_measure_is_refused(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ALWAYS_BYTES", 1 << 20)
    zeros = bytes(20 << 20)
    packed = archive(("a.csv", zeros)) if name == "a.zip" else PACKED[".zst"](zeros)
    with pytest.raises(
        SourceError, match=rf"^{name}: unpacks to more than [0-9,]+ bytes, as only a damaged or hostile file does"
    ):
        contents(tmp_path, name, packed)


def test_a_damaged_member_is_found_by_its_checksum(tmp_path: Path) -> None:
    content = bytearray(archive(("a.csv", os.urandom(1000)), method=zipfile.ZIP_STORED))
    content[200] ^= 1
    with pytest.raises(SourceError, match=r"^a\.zip: the zip archive is damaged or cut off \(Bad CRC-32 for file 'a\.csv'\)"):
        contents(tmp_path, "a.zip", bytes(content))


def test_members_are_read_as_they_are_named(tmp_path: Path) -> None:
    members = (("one/a.csv", b"sku\n1\n"), ("two/a.csv.gz", gzip.compress(b"sku\n2\n")), (".DS_Store", b"?"), ("two/", b""))
    assert contents(tmp_path, "a.zip", archive(*members)) == {"one/a.csv": b"sku\n1\n", "two/a.csv.gz": b"sku\n2\n"}
