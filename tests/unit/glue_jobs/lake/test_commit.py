"""Commits under faults: two jobs at once, lost staged files, forged records."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from threading import Lock

import pytest
from pyspark.sql import SparkSession

from contracts.errors import BusyError, PlatformError
from glue_jobs.lib.lake.commit import Commit, Committer
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.lease import lease
from glue_jobs.lib.lake.storage import Storage

ZONE = "s3://shoplake-curated/commits"
TABLES = {"marts": "sales_daily", "segment": "customer_segments", "recommend": "item_pairs"}
QUICK_PAIRS = 1


class InterruptedStorage(Storage):
    """Calls `interrupt` once, before the operation with this number."""

    def __init__(self, spark: SparkSession, *, before: int, interrupt: Callable[[], None]) -> None:
        super().__init__(spark)
        self.before, self.interrupt = before, interrupt
        self.operations, self.lock = 0, Lock()

    def _count(self) -> None:
        with self.lock:
            self.operations, number = self.operations + 1, self.operations
        if number == self.before:
            self.interrupt()

    def write_text(self, uri: str, text: str) -> None:
        self._count()
        super().write_text(uri, text)

    def move(self, source: str, target: str) -> None:
        self._count()
        super().move(source, target)

    def delete(self, uri: str) -> None:
        self._count()
        super().delete(uri)


@pytest.fixture
def folder(lake_root: Path) -> Path:
    """The zone as a folder."""
    path = lake_root / "s3" / "shoplake-curated" / "commits"
    shutil.rmtree(path, ignore_errors=True)
    return path


def job_committer(storage: Storage, job: str) -> Committer:
    return Committer(storage, ZONE, job=job, tables=[TABLES[job]])


def files(folder: Path) -> dict[str, str]:
    """Text by path; without Hadoop's hidden checksums."""
    files = [file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")]
    return {file.relative_to(folder).as_posix(): file.read_text() for file in files}


def run(storage: Storage, job: str, *, run_id: str, partitions: int = 2) -> None:
    """What a job does to its table: recover, stage, replace every file by one that names the run."""
    committer, commit = job_committer(storage, job), Commit(run_id)
    committer.recover()
    for number in range(partitions):
        target = f"{TABLES[job]}/source=shop/period=2025-0{number + 1}"
        staged = f"{committer.staging(run_id)}/{target}/a.parquet"
        Storage.write_text(storage, staged, f"{run_id} {number}")
        existing = storage.files(f"{ZONE}/{target}", pattern="*.parquet")
        commit.replace({f"{ZONE}/{target}": storage.files(staged)}, existing)
    committer.commit(commit)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(*pair, marks=[] if number < QUICK_PAIRS else pytest.mark.full)
        for number, pair in enumerate(permutations(TABLES, 2))
    ],
)
def test_two_jobs_do_not_disturb_each_other_at_any_step(spark: SparkSession, folder: Path, first: str, second: str) -> None:
    plain, step = Storage(spark), 0
    while True:
        # GIVEN both tables from an earlier run
        shutil.rmtree(folder, ignore_errors=True)
        run(plain, first, run_id="old")
        run(plain, second, run_id="old")
        # WHEN the second job runs from start to end within the first, before its operation number `step`
        interrupted = InterruptedStorage(spark, before=step, interrupt=lambda: run(plain, second, run_id="new"))
        run(interrupted, first, run_id="new")
        if interrupted.operations <= step:
            break
        # THEN both have replaced all of their files
        assert files(folder) == {
            f"{TABLES[job]}/source=shop/period=2025-0{number + 1}/part-00000.parquet": f"new {number}"
            for job in (first, second)
            for number in range(2)
        }, f"before operation {step}"
        step += 1
    # Drop staging; write the draft, make it the record; move two files; delete the record and the staging.
    assert step == 7


def die() -> None:
    raise KeyboardInterrupt


def test_a_second_run_of_the_job_is_refused_at_any_step_of_the_first(spark: SparkSession, folder: Path) -> None:
    plain, step, refused = Storage(spark), 0, 0
    lake = Lake(spark, raw="", processed=ZONE, curated="", grain="month", sources=folder, marts=folder)

    def leased(storage: Storage, run_id: str) -> None:
        with lease(lake, job="marts"):
            run(storage, "marts", run_id=run_id)

    def second() -> None:
        nonlocal refused
        with pytest.raises(BusyError, match=r"another run of the job marts is working on this lake .*Wait until it ends"):
            leased(plain, "second")
        refused += 1

    while True:
        # GIVEN a table from an earlier run
        shutil.rmtree(folder, ignore_errors=True)
        leased(plain, "old")
        # WHEN the job is started again before operation number `step` of the first run
        interrupted = InterruptedStorage(spark, before=step, interrupt=second)
        leased(interrupted, "first")
        if interrupted.operations <= step:
            break
        # THEN the first run's files are all there, and nothing else
        assert files(folder) == {
            f"sales_daily/source=shop/period=2025-0{number + 1}/part-00000.parquet": f"first {number}" for number in range(2)
        }, f"before operation {step}"
        step += 1
    assert (step, refused) == (7, 7)


@pytest.mark.parametrize("second", ["marts", pytest.param("segment", marks=pytest.mark.full)])
def test_a_run_after_one_that_died_at_any_step_leaves_whole_tables(spark: SparkSession, folder: Path, second: str) -> None:
    plain = Storage(spark)
    for step in range(7):
        shutil.rmtree(folder, ignore_errors=True)
        run(plain, "marts", run_id="old")
        # WHEN a run dies before an operation, and then the same job or another one runs
        with pytest.raises(KeyboardInterrupt):
            run(InterruptedStorage(spark, before=step, interrupt=die), "marts", run_id="dead")
        run(plain, second, run_id="new")
        # THEN its table is complete, and once the dead job has recovered, so is that one's
        job_committer(plain, "marts").recover()
        after_death = "dead" if step >= 3 else "old"  # operation 2 makes the record
        expected = {"marts": after_death} | {second: "new"}
        assert files(folder) == {
            f"{TABLES[job]}/source=shop/period=2025-0{number + 1}/part-00000.parquet": f"{run_id} {number}"
            for job, run_id in expected.items()
            for number in range(2)
        }, f"before operation {step}"


def test_the_run_is_in_the_run_history_only_when_all_its_files_are_in_place(spark: SparkSession, folder: Path) -> None:
    # GIVEN a table of three files
    history = "etl_runs/source=shop/period=2025-01/run-new.parquet"
    places = [f"{ZONE}/events/source=shop/period=2025-0{number}" for number in (1, 2, 3)]
    seen: list[bool] = []

    def look() -> None:
        # THEN a reader that finds the run finds its files, and no file of the run before
        if (folder / history).exists():
            events = {path: text for path, text in files(folder).items() if path.startswith("events/")}
            assert events == {f"events/source=shop/period=2025-0{number}/part-00000.parquet": "new" for number in (1, 2)}
        seen.append((folder / history).exists())

    for step in range(8):
        shutil.rmtree(folder, ignore_errors=True)
        storage = InterruptedStorage(spark, before=step, interrupt=look)
        for place in places:
            Storage.write_text(storage, f"{place}/part-00000.parquet", "old")
        committer, commit = Committer(storage, ZONE, job="conform", tables=["events", "etl_runs"]), Commit("new")
        # WHEN a run puts its history first, replaces two files and deletes one
        Storage.write_text(storage, f"{committer.staging('new')}/run.parquet", "history")
        commit.moves[f"{committer.staging('new')}/run.parquet"] = f"{ZONE}/{history}"
        for place in places[:2]:
            staged = f"{committer.staging('new')}/{place[-7:]}"
            Storage.write_text(storage, f"{staged}/a.parquet", "new")
            commit.replace({place: storage.files(staged)}, storage.files(place))
        commit.deletes.append(f"{places[2]}/part-00000.parquet")
        committer.commit(commit)
    # Draft, record, two files, a delete, the history; then the record and the staging.
    assert seen == [False] * 6 + [True] * 2


@pytest.fixture
def committed(spark: SparkSession, folder: Path) -> tuple[Storage, Path]:
    """A run of marts that died right after its record was written; a file of the run before is to be deleted."""
    storage = Storage(spark)
    run(storage, "marts", run_id="old", partitions=1)
    (folder / "sales_daily/source=shop/period=2025-01/part-00001.parquet").write_text("old 1")

    # Operations: delete in recover, the draft, the move of the record, then the first move of a staged file.
    with pytest.raises(KeyboardInterrupt):
        run(InterruptedStorage(spark, before=3, interrupt=die), "marts", run_id="new", partitions=1)
    return storage, folder / "_commits/marts/new.json"


def test_the_next_run_of_the_job_finishes_a_commit(committed: tuple[Storage, Path], folder: Path) -> None:
    storage, _ = committed
    assert job_committer(storage, "marts").recover() == ["new"]
    assert files(folder) == {"sales_daily/source=shop/period=2025-01/part-00000.parquet": "new 0"}


def test_a_lost_staged_file_is_an_error_and_nothing_is_deleted(committed: tuple[Storage, Path], folder: Path) -> None:
    # GIVEN a record whose staged file was deleted
    storage, record = committed
    shutil.rmtree(folder / "_staging")
    # WHEN
    with pytest.raises(PlatformError, match=r"new\.json: .*a\.parquet is missing or damaged.*run again with --full\."):
        job_committer(storage, "marts").recover()
    # THEN the old files and the record are still there
    assert {file for file in files(folder) if file.startswith("sales_daily")} == {
        f"sales_daily/source=shop/period=2025-01/part-0000{number}.parquet" for number in range(2)
    }
    assert record.exists()


def test_a_staged_file_that_was_moved_already_is_not_an_error(committed: tuple[Storage, Path], folder: Path) -> None:
    storage, _ = committed
    staged = next((folder / "_staging").rglob("a.parquet"))
    target = folder / "sales_daily/source=shop/period=2025-01/part-00000.parquet"
    staged.replace(target)
    assert job_committer(storage, "marts").recover() == ["new"]
    assert files(folder) == {"sales_daily/source=shop/period=2025-01/part-00000.parquet": "new 0"}


@pytest.mark.parametrize(
    "forged",
    [
        {"deletes": [f"{ZONE}/customer_segments/source=shop/part-00000.parquet"]},
        {"deletes": [f"{ZONE}/sales_daily/source=shop/../../customer_segments/source=shop/part-00000.parquet"]},
        {"deletes": ["s3://shoplake-processed/commits/events/source=shop/part-00000.parquet"]},
        {"moves": {f"{ZONE}/_staging/segment/forged/a.parquet": f"{ZONE}/sales_daily/source=shop/part-00000.parquet"}},
        {"moves": {f"{ZONE}/_staging/marts/forged/a.parquet": f"{ZONE}/customer_segments/source=shop/part-00000.parquet"}},
        {"run_id": "another"},
    ],
    ids=lambda forged: next(iter(forged)),
)
def test_a_record_that_reaches_beyond_the_job_is_refused(spark: SparkSession, folder: Path, forged: dict[str, object]) -> None:
    # GIVEN tables of two jobs, and a record among those of marts that names others' files
    storage = Storage(spark)
    run(storage, "segment", run_id="old")
    before = files(folder)
    moves = forged.get("moves", {})
    record = {
        "run_id": "forged",
        "moves": {},
        "deletes": [],
        "contents": {uri: {"size": 1, "checksum": ""} for uri in moves},
        **forged,
    }
    (folder / "_commits/marts").mkdir(parents=True)
    (folder / "_commits/marts/forged.json").write_text(json.dumps(record))
    # WHEN
    with pytest.raises(PlatformError, match=r"forged\.json: names .*; this record is not its own\. Find out who wrote it"):
        job_committer(storage, "marts").recover()
    # THEN
    (folder / "_commits/marts/forged.json").unlink()
    assert files(folder) == before


def test_records_of_other_jobs_are_left_alone(committed: tuple[Storage, Path]) -> None:
    storage, record = committed
    assert job_committer(storage, "segment").recover() == []
    assert record.exists()


def test_a_record_of_an_earlier_version_is_refused(spark: SparkSession, folder: Path) -> None:
    (folder / "_commits").mkdir(parents=True)
    (folder / "_commits/old.json").write_text("{}")
    with pytest.raises(PlatformError, match=r"old\.json: an interrupted run of an earlier version left this commit record; run"):
        job_committer(Storage(spark), "marts").recover()


@pytest.mark.parametrize("text", ["", "[]", '{"run_id": "bad"}', '{"contents": 3}'])
def test_a_damaged_record_is_named(spark: SparkSession, folder: Path, text: str) -> None:
    (folder / "_commits/marts").mkdir(parents=True)
    (folder / "_commits/marts/bad.json").write_text(text)
    with pytest.raises(PlatformError, match=r"bad\.json: not a commit record .*run again with --full\."):
        job_committer(Storage(spark), "marts").recover()
