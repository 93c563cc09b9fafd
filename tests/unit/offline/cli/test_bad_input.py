"""Bad input gets one sentence and an exit code, and changes nothing that landed before."""

from __future__ import annotations

import errno
import fcntl
import gzip
import os
import re

import pytest
from typer.testing import CliRunner

from contracts import LakeError, parse
from contracts.errors import SourceError
from offline.cli.app import app
from offline.lake.local_lake import LocalLake
from tests.unit.offline.lake.test_landing import GOOD, HEADER, LINE, put, tree

RENAMED = GOOD.replace(b"user_session", b"visit")
UTF16 = GOOD.decode().encode("utf-16-le")  # a byte order mark would show the encoding
CUT_OFF = gzip.compress(GOOD * 50_000)[:-2000]


def shoplake(lake, *arguments):
    return CliRunner().invoke(app, ["--lake", str(lake), *map(str, arguments)])


@pytest.fixture
def lake(tmp_path):
    """A lake with one landed file."""
    landed = shoplake(tmp_path / "lake", "land", "rees46", put(tmp_path, "before.csv", GOOD + GOOD), "--date", "2019-01-01")
    assert landed.exit_code == 0
    return tmp_path / "lake"


FILES = {
    # case: name, content, sentence
    "wrong header": ("a.csv", b"a,b\n1,2\n", r"a\.csv: the header lacks event_time \(found: a, b\)\. If .*aliases\."),
    "column renamed": (
        "a.csv",
        RENAMED,
        r"a\.csv: the header lacks user_session .*columns\.user_session\.aliases\.",
    ),
    "column twice": ("a.csv", GOOD.replace(b"user_id", b"brand"), r"a\.csv: the header names brand twice .*keep one of them\."),
    "wrong encoding": ("a.csv", UTF16, r"a\.csv: contains zero bytes, so it is binary or UTF-16, .*export it as UTF-8\."),
    "header in Latin-1": ("a.csv", b"\xe9" + GOOD, r"a\.csv: byte 1 of the header is not utf-8; expected csv with .*"),
    "binary junk": ("a.csv", bytes(range(256)) * 9, r"a\.csv: contains zero bytes, so it is binary .*"),
    "junk without zeros": ("a.csv", b"\x1b[31m\xff\xfe" * 99, r"a\.csv: byte 6 of the header is not utf-8; .*"),
    "one huge line": ("a.csv", b"x" * 3_000_000, r"a\.csv: the first line is not a header \(field larger than .*"),
    "empty": ("a.csv", b"", r"a\.csv: the file is empty; expected csv with event_time, .*"),
    "blank": ("a.csv", b" \n\n", r"a\.csv: the file is empty; .*"),
    "gz that is no gzip": ("a.csv.gz", GOOD, r"a\.csv\.gz: is not a file compressed as \.gz; .* Fix its name .*"),
    "gz cut off": (
        "a.csv.gz",
        CUT_OFF,
        r"a\.csv\.gz: is named \.gz but cannot be decompressed, or is cut off \(Compressed file ended .*",
    ),
    "gz of nothing": ("a.csv.gz", gzip.compress(b""), r"a\.csv\.gz: the file is empty; .*"),
    "unknown name": (
        "a.xlsx",
        GOOD,
        r"a\.xlsx: fits no kind of file of rees46 \(events: \*\.csv\); .*--kind .*",
    ),
    "hidden name": ("_a.csv", GOOD, r"_a\.csv: jobs skip names that begin with _ .*rename the file\."),
    "name that is a pattern": ("a[1].csv", GOOD, r"a\[1\]\.csv: .*rename the file\."),
    "name with a colon": ("10:00.csv", GOOD, r"10:00\.csv: .*rename the file\."),
}


@pytest.mark.parametrize(("name", "content", "sentence"), FILES.values(), ids=FILES)
def test_a_bad_file_is_refused(lake, tmp_path, name, content, sentence):
    before = tree(lake / "s3")
    refused(shoplake(lake, "land", "rees46", put(tmp_path, name, content)), sentence, code=3)
    assert tree(lake / "s3") == before


COMMANDS = {
    # case: arguments, sentence, exit code
    "missing file": (["land", "rees46", "{}/none.csv"], r".*/none\.csv: there is no such file; .*", 2),
    "a folder": (["land", "rees46", "{}"], r".*: is a folder; name the files in it, .*", 2),
    "no regular file": (["land", "rees46", "/dev/null"], r"/dev/null: is not a regular file; .*", 2),
    "unknown source": (["land", "rees64", "{}/before.csv"], r"rees64: there is no such source; did you mean rees46\?", 2),
    "unknown kind": (["land", "rees46", "{}/before.csv", "--kind", "x"], r"--kind x: rees46 has no such file kind; .*", 2),
    "no date": (["land", "rees46", "{}/before.csv", "--date", "1.2.2019"], r"--date 1\.2\.2019: expected a calendar date .*", 2),
    "no such day": (["land", "rees46", "{}/before.csv", "--date", "2019-02-30"], r"--date 2019-02-30: expected .*", 2),
    "run an unknown source": (["run", "--source", "rees64"], r"rees64: there is no such source; did you mean rees46\?", 2),
    "run since no date": (["run", "--since", "monday"], r"--since monday: expected a calendar date .*", 2),
    "unknown grain": (["run", "--grain", "week"], r"--grain week: expected month or day; choose one of them\.", 2),
    "no folder of sources": (["--sources", "{}/none", "sources"], r".*/none: there is no such folder; --sources expects .*", 2),
    "unknown table": (
        ["describe", "slaes_daily"],
        r"slaes_daily: there is no table .* did you mean sales_daily\?",
        2,
    ),
    "table in another zone": (["describe", "curated.events"], r"curated\.events: events is in processed; .*", 2),
    "unknown table in SQL": (["sql", "select * from nope"], r".*nope.*", 2),
    "SQL that writes": (["sql", "drop table events"], r"DROP is not supported: .*", 2),
    "two forms": (["sql", "select 1", "--csv", "--json"], r"--csv, --json and --spreadsheet exclude each other; .*", 2),
    "unknown option of SQL": (["sql", "--cvs"], r"--cvs: sql has no such option; .*", 2),
    "unknown run": (["runs", "--run", "x"], r"x: there is no run with this id; .*", 2),
    "generate nothing": (["generate", "--days", "0", "--out", "{}/g"], r"generate: days is 0; it must be at least 1\. .*", 2),
}


@pytest.mark.parametrize(("arguments", "sentence", "code"), COMMANDS.values(), ids=COMMANDS)
def test_a_bad_command_is_refused(lake, tmp_path, arguments, sentence, code):
    before = tree(lake / "s3")
    refused(shoplake(lake, *[part.replace("{}", str(tmp_path)) for part in arguments]), sentence, code=code)
    assert tree(lake / "s3") == before


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, r"b\.csv: no space left in .*; 1 of 2 files were landed before it\. Free some space .*"),
        (errno.EACCES, r"b\.csv: no permission to write in .*; 1 of 2 files were landed before it\. Get write permission, .*"),
        (errno.EIO, r"b\.csv: could not be copied to .* \(Input/output error\); .*"),
    ],
)
def test_a_failing_disk_leaves_no_partial_file(lake, tmp_path, monkeypatch, number, sentence):
    # GIVEN a disk that fails halfway through the second file
    def write(target, chunk):
        if "b.csv" in target.name:
            target.write(chunk[:10])
            raise OSError(number, os.strerror(number))
        target.write(chunk)

    monkeypatch.setattr("offline.lake.landing.write", write)
    a, b = put(tmp_path, "a.csv"), put(tmp_path, "b.csv", GOOD + f"{LINE}2\n".encode())
    # WHEN
    done = shoplake(lake, "land", "rees46", a, b, "--date", "2019-02-02")
    # THEN
    refused(done, sentence, code=6)
    assert [path.rpartition("/")[2] for path in tree(lake / "s3")] == ["before.csv", "a.csv"]
    # AND the same command lands the rest once the disk works again
    monkeypatch.undo()
    assert "1 landed, 1 skipped (already present)" in shoplake(lake, "land", "rees46", a, b, "--date", "2019-02-02").output


def test_a_full_file_system(tmp_path):
    # GIVEN a file system of one megabyte
    full = tmp_path / "full"
    full.mkdir()
    if os.system(f"mount -t tmpfs -o size=1m tmpfs {full} 2>/dev/null"):
        pytest.skip("no permission to mount a file system")
    try:
        big = put(tmp_path, "big.csv", f"{HEADER}\n".encode() + f"{LINE}\n".encode() * 40_000)
        refused(shoplake(full / "lake", "land", "rees46", big), r"big\.csv: no space left in .*; nothing was landed\. .*", code=6)
        assert tree(full / "lake/s3") == {}
    finally:
        os.system(f"umount {full}")


def test_a_source_with_a_typo_names_file_and_key(lake, tmp_path):
    put(tmp_path / "sources/mugs", "source.yaml", b"title: Mugs\nfiles:\n  cups: {globs: ['*.csv'], columns: {id: {}}}\n")
    done = shoplake(lake, "--sources", tmp_path / "sources", "land", "mugs", put(tmp_path, "a.csv"))
    refused(done, r"mugs/source\.yaml: files\.cups\.globs is not a known key; did you mean glob\?", code=3)


def test_a_contract_with_a_typo_names_file_and_key():
    with pytest.raises(LakeError, match=r"mugs\.odcs\.yaml.*descripton.*"):
        parse("apiVersion: v3.1.0\nkind: DataContract\ndescripton: {purpose: Mugs.}\n", where="mugs.odcs.yaml")


def test_two_runs_never_overlap(lake):
    with (lake / "run.lock").open("w") as held:
        held.write("process 7, since 10:00:00\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        refused(
            shoplake(lake, "run"),
            r".*: another run is working on this lake \(process 7, since 10:00:00\); .*Wait until .*",
            code=7,
        )


def test_a_lake_keeps_the_grain_of_its_first_run(tmp_path):
    lake = LocalLake(tmp_path / "lake")
    assert lake.grain("day") == "day"
    assert lake.grain(None) == "day"
    with pytest.raises(LakeError, match=r"--grain month: this lake partitions .* by day .*another lake with --lake\."):
        lake.grain("month")
    (lake.root / "lake.json").write_text("{")
    with pytest.raises(LakeError, match=r"lake\.json: expected .*period=2019-10 is month.*"):
        lake.grain(None)


def test_a_run_without_files_names_the_next_step(tmp_path):
    done = shoplake(tmp_path / "lake", "run")
    assert done.exit_code == 0
    assert "Nothing to do: there are no files of any source" in done.output


def test_every_source_that_cannot_be_loaded_is_named(tmp_path):
    # GIVEN raw files of two sources that cannot be loaded, and one without raw files
    lake = LocalLake(tmp_path / "lake")
    for name, text in (("first", "files: 1\n"), ("second", "title: [\n"), ("unused", "titel: x\n")):
        put(tmp_path / "sources" / name, "source.yaml", text.encode())
    for name in ("first", "second"):
        put(lake.raw / name / "events", "a.csv", GOOD)
    # WHEN all sources run
    done = CliRunner().invoke(app, ["--lake", str(lake.root), "--sources", str(tmp_path / "sources"), "run"])
    # THEN
    assert re.findall(r"(\w+)/source\.yaml", done.output) == ["first", "second"]
    assert done.exit_code == SourceError.exit_code
    # WHEN one of them is requested by name
    done = CliRunner().invoke(
        app, ["--lake", str(lake.root), "--sources", str(tmp_path / "sources"), "run", "--source", "second"]
    )
    assert re.findall(r"(\w+)/source\.yaml", done.output) == ["second"]
    assert done.exit_code == SourceError.exit_code


def refused(done, sentence, *, code):
    """Asserts that the output is this one sentence, without a traceback, and the exit code."""
    text = done.output.strip()
    assert re.fullmatch(sentence, text), text
    assert done.exit_code == code
    assert "\x1b" not in text
