"""Large files are read piece by piece: memory does not grow with them."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

SIZE = 50 << 20
ROOT = Path(__file__).parents[4]
READ = """
import resource, sys
from pathlib import Path
from glue_jobs.lib.formats.texts import texts
from glue_jobs.lib.source_definition.source import FileKind, RawColumn

def read(name):
    kind = FileKind("a", ("*",), (RawColumn("id"),), format=name.rpartition(".")[2].replace("zip", "csv"))
    path = Path(name)
    return sum(len(chunk) for text in texts(kind, path, name=path.name, timezone="UTC") for chunk in text.chunks)

read(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = read(sys.argv[2])
print(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
SHEET = ('<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>', "</sheetData></worksheet>")
ROW = '<row><c t="inlineStr"><is><t>{}</t></is></c></row>'


def write(path: Path, size: int) -> Path:
    """A zip archive or a workbook of about this size: random text, which hardly shrinks."""
    rows = (os.urandom(4096).hex() for _ in range(max(size // 4096, 1)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        if path.suffix == ".xlsx":
            parts = zipfile.ZipFile(path.with_suffix(".empty"))
            for name in parts.namelist():
                if name != "xl/worksheets/sheet1.xml":
                    archive.writestr(name, parts.read(name))
        member = "xl/worksheets/sheet1.xml" if path.suffix == ".xlsx" else "a.csv"
        with archive.open(member, "w") as target:
            begin, row, end = (SHEET[0], ROW, SHEET[1]) if path.suffix == ".xlsx" else ("", "{}\n", "")
            target.write((begin + row.format("id")).encode())
            for text in rows:
                target.write(row.format(text).encode())
            target.write(end.encode())
    return path


@pytest.mark.full
@pytest.mark.parametrize("form", ["xlsx", "zip"])
def test_fifty_megabytes_are_read_in_little_memory(form: str, tmp_path: Path) -> None:
    for name in ("small", "large"):
        openpyxl.Workbook().save(tmp_path / f"{name}.empty")
    small, large = write(tmp_path / f"small.{form}", 1), write(tmp_path / f"large.{form}", SIZE)
    assert large.stat().st_size > SIZE
    done = subprocess.run([sys.executable, "-c", READ, small, large], cwd=ROOT, capture_output=True, text=True, check=True)
    read, grown = map(int, done.stdout.split())
    assert read > 2 * SIZE
    assert grown < 40 << 10  # KiB
