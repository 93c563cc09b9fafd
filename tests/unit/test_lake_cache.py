"""The cache of built lakes: an entry is built once per content, survives crashes and concurrency, and old ones are removed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.lake_cache import ROOT, LakeCache, code_of, fingerprint

DAY = 86_400


@pytest.fixture
def cache(tmp_path: Path) -> LakeCache:
    return LakeCache(tmp_path)


def write(folder: Path) -> None:
    (folder / "file").write_text("content")


def forbidden(folder: Path) -> None:
    raise AssertionError(f"{folder} was built again")


def test_an_entry_is_built_once_per_key(cache: LakeCache):
    entry = cache.get("shop", "k1", write)
    assert cache.get("shop", "k1", forbidden) == entry
    assert (entry / "file").read_text() == "content"
    assert cache.get("shop", "k2", write) != entry


def test_a_build_that_fails_leaves_no_entry(cache: LakeCache):
    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        cache.get("shop", "k1", fail)
    assert [path.name for path in cache.get("shop", "k1", write).iterdir()] == ["file"]


def test_processes_that_need_the_same_entry_build_it_once(tmp_path: Path):
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.support.lake_cache import LakeCache\n"
        "def build(folder):\n"
        "    with Path(sys.argv[1], 'builds').open('a') as log: log.write('built\\n')\n"
        "    time.sleep(0.3)\n"
        "    (folder / 'file').write_text('content')\n"
        "print((LakeCache(Path(sys.argv[1])).get('shop', 'k1', build) / 'file').read_text())\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=60)[0] for process in started] == ["content\n"] * 3
    assert (tmp_path / "builds").read_text() == "built\n"


def test_a_fingerprint_changes_with_contents_names_and_values(tmp_path: Path):
    for name, content in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).write_text(content)
    prints = [fingerprint([tmp_path / name], value) for name in "abc" for value in ("x", "y")]
    assert len(set(prints)) == 6
    assert prints[0] == fingerprint([tmp_path / "a"], "x")


def test_the_code_of_a_job_is_what_it_imports():
    conform, segment = ({str(path.relative_to(ROOT)) for path in code_of(f"glue_jobs.{job}")} for job in ("conform", "segment"))
    assert {"glue_jobs/conform.py", "glue_jobs/lib/lake/commit.py", "contracts/loader.py"} <= conform
    assert {"glue_jobs/segment.py", "glue_jobs/algorithms/segmentation/segments.py", "contracts/loader.py"} <= segment
    assert "glue_jobs/algorithms/segmentation/segments.py" not in conform
    assert "glue_jobs/conform.py" not in segment


def test_entries_that_nobody_used_for_two_weeks_are_removed(cache: LakeCache):
    old, recent = (cache.get("shop", key, write) for key in ("old", "recent"))
    os.utime(old, (0, time.time() - 15 * DAY))
    cache.prune()
    assert (old.exists(), recent.exists()) == (False, True)


def test_above_the_size_limit_the_least_recently_used_entries_are_removed_unless_in_use(cache: LakeCache):
    entries = [cache.get("shop", key, write) for key in ("day", "minute", "now")]
    for entry, age in zip(entries, (DAY, 60, 0), strict=True):
        os.utime(entry, (0, time.time() - age))
    cache.prune(kept_bytes=len("content"))
    assert [entry.exists() for entry in entries] == [False, True, True]


def test_the_environment_chooses_the_folder_or_turns_the_cache_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHOPLAKE_TEST_CACHE", str(tmp_path / "chosen"))
    assert LakeCache.open(tmp_path / "scratch").folder == tmp_path / "chosen"
    monkeypatch.setenv("SHOPLAKE_TEST_CACHE", "off")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    assert LakeCache.open(tmp_path / "run").folder == tmp_path / "run/lakes"
    # The workers of a run share it.
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    assert {LakeCache.open(tmp_path / "run" / worker).folder for worker in ("gw0", "gw1")} == {tmp_path / "run/lakes"}
    monkeypatch.delenv("SHOPLAKE_TEST_CACHE")
    assert LakeCache.open(tmp_path / "scratch").folder == ROOT / ".pytest_cache" / "lakes"
