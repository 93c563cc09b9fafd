"""Landing copies bytes unchanged, once, and either the entire file or nothing."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import fastavro
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from offline.cli.app import app

HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
LINE = "2019-10-01 10:00:00 UTC,view,p1,c1,tools,acme,10.00,u1,s1"
GOOD = f"{HEADER}\n{LINE}\n".encode()


@pytest.fixture
def shoplake(tmp_path):
    """Runs `shoplake --lake <tmp_path>/lake …`; output is stdout and stderr together."""

    def run(*arguments):
        return CliRunner().invoke(app, ["--lake", str(tmp_path / "lake"), *map(str, arguments)])

    return run


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "lake/s3/shoplake-raw/rees46/events"


def put(folder: Path, name: str, content: bytes = GOOD) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def zipped(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def zstd(content: bytes) -> bytes:
    return pa.compress(content, "zstd", asbytes=True)


def workbook() -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for value in ("id", "a"):
        book.active.append([value])
    book.save(target)
    return target.getvalue()


def parquet(columns: dict[str, list[str]]) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def avro() -> bytes:
    target = io.BytesIO()
    fastavro.writer(target, {"type": "record", "name": "A", "fields": [{"name": "id", "type": "string"}]}, [{"id": "a"}])
    return target.getvalue()


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


PACKED = {
    "oct.csv.gz": gzip.compress(GOOD),
    "oct.csv.bz2": bz2.compress(GOOD),
    "oct.csv.xz": lzma.compress(GOOD),
    "oct.csv.zst": pa.compress(GOOD, "zstd", asbytes=True),
    "oct.csv.zip": zipped({"oct.csv": GOOD, "nov.csv.gz": gzip.compress(GOOD)}),
}


@pytest.mark.parametrize(("name", "content"), [("oct.csv", GOOD), ("Oct 2019.csv", GOOD), ("OCT.CSV", GOOD), *PACKED.items()])
def test_bytes_are_copied_unchanged_below_their_ingest_date(shoplake, raw, tmp_path, name, content):
    done = shoplake("land", "rees46", put(tmp_path, name, content), "--date", "2019-11-01")
    assert done.exit_code == 0
    assert tree(raw) == {f"ingest_date=2019-11-01/{name}": content}
    assert "1 landed, 0 skipped (already present)" in done.output


@pytest.mark.parametrize(("name", "day"), [("oct.csv", "2019-11-01"), ("other.csv", "2019-11-01"), ("oct.csv", "2020-01-01")])
def test_the_same_bytes_are_recognized_under_any_name_and_date(shoplake, raw, tmp_path, name, day):
    shoplake("land", "rees46", put(tmp_path, "oct.csv"), "--date", "2019-11-01")
    again = shoplake("land", "rees46", put(tmp_path / "again", name), "--date", day)
    assert again.exit_code == 0
    assert "already present as rees46/events/ingest_date=2019-11-01/oct.csv" in again.output
    assert list(tree(raw)) == ["ingest_date=2019-11-01/oct.csv"]


def test_the_same_file_named_twice_lands_once(shoplake, raw, tmp_path):
    one, two = put(tmp_path, "one.csv"), put(tmp_path, "two.csv")
    assert "1 landed, 1 skipped (already present)" in shoplake("land", "rees46", one, two, "--date", "2019-11-01").output
    assert list(tree(raw)) == ["ingest_date=2019-11-01/one.csv"]


def test_a_file_with_the_same_name_and_other_bytes_is_never_overwritten(shoplake, raw, tmp_path):
    # GIVEN two exports of the same name and day
    shoplake("land", "rees46", put(tmp_path / "a", "oct.csv.gz", gzip.compress(GOOD)), "--date", "2019-11-01")
    other = gzip.compress(GOOD + GOOD)
    # WHEN the second lands
    shoplake("land", "rees46", put(tmp_path / "b", "oct.csv.gz", other), "--date", "2019-11-01")
    # THEN both are in raw
    names = sorted(tree(raw))
    assert len(names) == 2
    assert names[1] == "ingest_date=2019-11-01/oct.csv.gz"
    assert names[0].startswith("ingest_date=2019-11-01/oct-")
    assert names[0].endswith(".csv.gz")
    assert tree(raw)[names[0]] == other


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("harm", ["cut off", "other columns"])
def test_a_packed_file_is_read_to_its_end_before_it_lands(shoplake, raw, tmp_path, name, harm):
    bad = {"oct.csv": GOOD, "nov.csv": b"a,b\n1,2\n"}
    content = zipped(bad) if name.endswith(".zip") else PACKED[name]
    content = PACKED[name][:-9] if harm == "cut off" else content
    if harm == "other columns" and not name.endswith(".zip"):
        content = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}[name[8:]](bad["nov.csv"])
    done = shoplake("land", "rees46", put(tmp_path, name, content))
    assert done.exit_code == 3
    assert done.output.startswith(f"{name}{'!/nov.csv' if name.endswith('.zip') and harm == 'other columns' else ''}: ")
    assert tree(raw) == {}


def test_formats_with_types_land_as_they_are(shoplake, tmp_path):
    # GIVEN a source of workbooks, Parquet and Avro
    forms = {"xlsx": workbook(), "parquet": parquet({"id": ["a"]}), "avro": avro()}
    kinds = "".join(f"  {form}: {{glob: ['*.{form}'], format: {form}, columns: {{id: {{}}}}}}\n" for form in forms)
    put(tmp_path / "sources" / "t", "source.yaml", f"title: typed\nfiles:\n{kinds}".encode())
    files = [put(tmp_path, f"a.{form}", content) for form, content in forms.items()]
    # WHEN
    done = shoplake("--sources", tmp_path / "sources", "land", "t", *files, "--date", "2019-11-01")
    # THEN
    assert done.exit_code == 0, done.output
    landed = tree(tmp_path / "lake/s3/shoplake-raw/t")
    assert landed == {f"{form}/ingest_date=2019-11-01/a.{form}": content for form, content in forms.items()}
    # AND without the declared column they are refused
    other = put(tmp_path, "b.parquet", parquet({"sku": ["a"]}))
    done = shoplake("--sources", tmp_path / "sources", "land", "t", other)
    assert "b.parquet: lacks the column id (found: sku)" in " ".join(done.output.split())


def test_all_files_are_checked_before_the_first_is_copied(shoplake, raw, tmp_path):
    done = shoplake("land", "rees46", put(tmp_path, "good.csv"), put(tmp_path, "bad.csv", b"a,b\n1,2\n"))
    assert done.exit_code == 3
    assert tree(raw) == {}


def test_a_draft_left_by_a_killed_process_is_removed_by_the_next_landing(shoplake, raw, tmp_path):
    put(raw / "ingest_date=2019-11-01", "_oct.csv.landing", GOOD[:20])
    shoplake("land", "rees46", put(tmp_path, "oct.csv"), "--date", "2019-11-01")
    assert tree(raw) == {"ingest_date=2019-11-01/oct.csv": GOOD}


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (f"{HEADER}\n".encode(), "has a header and no rows"),
        (GOOD + LINE.replace("acme", "caf\u00e9").encode("latin-1"), "line 3 is not utf-8; such lines go to quarantine"),
        (GOOD.replace(b"\n", b",color\n", 1), "columns not declared by rees46 will not be loaded: color"),
    ],
)
def test_oddities_that_do_not_prevent_landing_are_noted(shoplake, raw, tmp_path, content, note):
    done = shoplake("land", "rees46", put(tmp_path, "oct.csv", content), "--date", "2019-11-01")
    assert done.exit_code == 0
    assert note in done.output
    assert tree(raw) == {"ingest_date=2019-11-01/oct.csv": content}


@pytest.mark.parametrize(("size", "is_noted"), [(17 << 20, True), (15 << 20, False)])
def test_a_large_gzip_file_is_said_to_keep_one_task_busy(shoplake, raw, tmp_path, size, is_noted):
    # GIVEN lines that gzip only stores
    lines = f"{LINE}\n".encode() * (size // len(LINE))
    done = shoplake("land", "rees46", put(tmp_path, "oct.csv.gz", gzip.compress(f"{HEADER}\n".encode() + lines, 0)))
    assert done.exit_code == 0
    assert ("17 MiB of gzip are read by one task; unpacked, as .zst or in parts they are" in done.output) is is_noted


def test_columns_may_be_in_any_order(shoplake, tmp_path):
    moved = ",".join(reversed(HEADER.split(","))) + "\n" + ",".join(reversed(LINE.split(","))) + "\n"
    assert shoplake("land", "rees46", put(tmp_path, "oct.csv", moved.encode())).exit_code == 0


def test_kind_overrides_a_file_name_that_fits_no_kind(shoplake, raw, tmp_path):
    export = put(tmp_path, "export.txt")
    assert shoplake("land", "rees46", export).exit_code == 3
    assert shoplake("land", "rees46", export, "--kind", "events", "--date", "2019-11-01").exit_code == 0
    assert list(tree(raw)) == ["ingest_date=2019-11-01/export.txt"]
