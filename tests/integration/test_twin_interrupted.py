"""An interrupted run, or one whose Spark dies, ends with one sentence, and the next run finishes its work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from offline.lake.local_lake import LocalLake
from offline.twin import client
from offline.twin.record import Record
from tests.support.frames import MARTS

pytestmark = [pytest.mark.twin, pytest.mark.crash, pytest.mark.full]

COMMAND = [sys.executable, "-c", "from offline.cli.app import main; main()"]
ROOT = Path(__file__).parents[2]
HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
LINE = "2019-10-01 10:00:0{} UTC,view,p1,c1,tools,acme,10.00,u1,s1"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLake]:
    lake = LocalLake(tmp_path_factory.mktemp("interrupted") / "lake")
    folder = lake.raw / "rees46/events/ingest_date=2019-11-01"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("\n".join([HEADER, *map(LINE.format, range(5))]) + "\n")
    yield lake
    client.down(lake.root)


def shoplake(lake: LocalLake, *arguments: str) -> subprocess.Popen[str]:
    command = [*COMMAND, "--lake", str(lake.root), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def children(pid: int | None) -> list[int]:
    """All descendants of a process."""
    pids = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [each for child in map(int, pids) for each in (child, *children(child))]


def kill(pids: list[int]) -> None:
    for pid in pids:
        # Java ends by itself when Python has.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def while_a_job_runs(lake: LocalLake, act: Callable[[], None]) -> None:
    """Acts when a new job run has reported its first tasks."""
    before = set((lake.root / "log/runs").glob("*.jsonl"))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if any("tasks" in file.read_text() for file in set((lake.root / "log/runs").glob("*.jsonl")) - before):
            act()
            return
        time.sleep(0.02)
    pytest.fail("no job run began")


def test_ctrl_c_stops_the_run_and_the_next_run_finishes_it(lake: LocalLake) -> None:
    # GIVEN a run that is under way
    run = shoplake(lake, "run")
    while_a_job_runs(lake, lambda: run.send_signal(signal.SIGINT))
    # THEN it ends with one sentence, and Spark ends too
    _, errors = run.communicate(timeout=60)
    assert (run.returncode, errors.strip().count("\n")) == (130, 0)
    assert errors.startswith("Interrupted. Committed work is kept")
    record = Record.read(lake.root)
    assert record
    assert children(record.pid) == []
    # AND the next run finishes the work
    again = shoplake(lake, "run")
    output, errors = again.communicate(timeout=300)
    assert (again.returncode, errors) == (0, "")
    assert f"{len(list(MARTS.glob('*.sql')))} marts built" in output


def test_a_dead_spark_is_reported_in_one_sentence(lake: LocalLake) -> None:
    record = client.up(lake.root).record
    run = shoplake(lake, "run", "--full")
    while_a_job_runs(lake, lambda: kill(children(record.pid)))
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 6
    assert errors.startswith("Spark's process ended in the middle of the run, possibly because this machine ran out of memory; ")
    # AND nothing is lost
    again = shoplake(lake, "run")
    _, errors = again.communicate(timeout=300)
    assert (again.returncode, errors) == (0, "")
