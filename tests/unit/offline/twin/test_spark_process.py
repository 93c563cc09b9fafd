"""Spark is set up for few rows while a lake is small, and anew once it has grown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offline.twin.spark.process import SMALL_BYTES, is_small
from tests.support.lazy import lazy

executor = lazy("offline.twin.services.glue.executor")
BUCKETS = ("raw", "curated")


def add(lake: Path, key: str, size: int) -> None:
    file = lake / "s3" / key
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as content:
        content.truncate(size)


def test_the_files_of_all_buckets_together_decide(tmp_path: Path) -> None:
    assert is_small(tmp_path, BUCKETS)
    add(tmp_path, "raw/shop/events/1.csv", SMALL_BYTES - 1)
    add(tmp_path, "curated/rfm/1.parquet", 1)
    add(tmp_path, "elsewhere/1.zip", 9)
    assert is_small(tmp_path, BUCKETS)
    add(tmp_path, "curated/rfm/2.parquet", 1)
    assert not is_small(tmp_path, BUCKETS)


@dataclass
class Stub:
    """A worker without a process."""

    lake: Path
    memory: str
    buckets: Sequence[str]
    alive: bool = True
    py_files: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.few_rows = is_small(self.lake, self.buckets)

    def kill(self) -> None:
        self.alive = False


def test_a_worker_for_few_rows_is_replaced_when_the_lake_has_grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("offline.twin.services.glue.executor.Worker", Stub)
    jobs = executor.Executor(tmp_path, buckets=BUCKETS)
    small = jobs._ready_worker([], "4g")
    assert jobs._ready_worker([], "4g") is small
    add(tmp_path, "raw/shop/events/1.csv", SMALL_BYTES + 1)
    large = jobs._ready_worker([], "4g")
    assert (large is small, small.alive, large.few_rows) == (False, False, False)
    # One for many rows stays when the lake shrinks: a start costs more.
    (tmp_path / "s3/raw/shop/events/1.csv").unlink()
    assert jobs._ready_worker([], "4g") is large
    jobs.stop()
