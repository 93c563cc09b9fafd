"""Spark is set up for as many rows as a lake has, and anew once it has grown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offline.twin.spark.process import SIZES, rows_of
from tests.support.lazy import lazy

executor = lazy("offline.twin.services.glue.executor")
BUCKETS = ("raw", "curated")


def add(lake: Path, key: str, size: int) -> None:
    file = lake / "s3" / key
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as content:
        content.truncate(size)


def test_the_files_of_all_buckets_together_decide(tmp_path: Path) -> None:
    assert rows_of(tmp_path, BUCKETS) == "few"
    for few, more, size in (("few", "some", SIZES["few"]), ("some", "many", SIZES["some"])):
        add(tmp_path, "raw/shop/events/1.csv", size - 1)
        add(tmp_path, "curated/rfm/1.parquet", 1)
        add(tmp_path, "elsewhere/1.zip", 9)
        assert rows_of(tmp_path, BUCKETS) == few
        add(tmp_path, "curated/rfm/1.parquet", 2)
        assert rows_of(tmp_path, BUCKETS) == more


@dataclass
class Stub:
    """A worker without a process."""

    lake: Path
    memory: str
    buckets: Sequence[str]
    alive: bool = True
    py_files: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rows = rows_of(self.lake, self.buckets)

    def kill(self) -> None:
        self.alive = False


def test_a_worker_is_replaced_when_the_lake_has_grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offline.twin.services.glue.executor.Worker", Stub)
    jobs = executor.Executor(tmp_path, buckets=BUCKETS)
    small = jobs._ready_worker([], "4g")
    assert jobs._ready_worker([], "4g") is small
    add(tmp_path, "raw/shop/events/1.csv", SIZES["few"] + 1)
    large = jobs._ready_worker([], "4g")
    assert (large is small, small.alive, large.rows) == (False, False, "some")
    # One for more rows stays when the lake shrinks: a start costs more.
    (tmp_path / "s3/raw/shop/events/1.csv").unlink()
    assert jobs._ready_worker([], "4g") is large
    jobs.stop()
