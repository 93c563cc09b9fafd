"""A run through the twin that is interrupted, or whose Spark dies, ends in one sentence, and the next run mends the lake."""

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
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLake]:
    home = LocalLake(tmp_path_factory.mktemp("interrupted") / "lake")
    folder = home.raw / "rees46/events/ingest_date=2019-11-01"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("\n".join([HEADER, *map(LINE.format, range(5))]) + "\n")
    yield home
    client.down(home.root)


def shoplake(home: LocalLake, *arguments: str) -> subprocess.Popen[str]:
    command = [*COMMAND, "--lake", str(home.root), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def children(pid: int | None) -> list[int]:
    """Processes that this one started, and those that they started."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [each for child in map(int, found) for each in (child, *children(child))]


def kill(pids: list[int]) -> None:
    for pid in pids:
        # Java ends by itself when Python has.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def while_a_job_runs(home: LocalLake, act: Callable[[], None]) -> None:
    """Acts when a new job run has begun to speak of its tasks."""
    before = set((home.root / "log/runs").glob("*.jsonl"))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if any("tasks" in file.read_text() for file in set((home.root / "log/runs").glob("*.jsonl")) - before):
            act()
            return
        time.sleep(0.02)
    pytest.fail("no job run began")


def test_ctrl_c_stops_the_run_and_the_next_one_takes_it_up(home: LocalLake) -> None:
    # GIVEN a run that is under way
    run = shoplake(home, "run")
    while_a_job_runs(home, lambda: run.send_signal(signal.SIGINT))
    # THEN it ends in one sentence, and Spark with it
    _, said = run.communicate(timeout=60)
    assert (run.returncode, said.strip().count("\n")) == (130, 0)
    assert said.startswith("Interrupted. Committed work is kept")
    record = Record.read(home.root)
    assert record
    assert children(record.pid) == []
    # AND what it was at is done by the next
    again = shoplake(home, "run")
    told, said = again.communicate(timeout=300)
    assert (again.returncode, said) == (0, "")
    assert f"{len(list(MARTS.glob('*.sql')))} marts built" in told


def test_a_spark_that_dies_is_told_in_one_sentence(home: LocalLake) -> None:
    record = client.up(home.root).record
    run = shoplake(home, "run", "--full")
    while_a_job_runs(home, lambda: kill(children(record.pid)))
    _, said = run.communicate(timeout=60)
    assert run.returncode == 6
    assert said.startswith("Spark's process ended in the middle of the run, perhaps for want of memory on this machine; what was")
    # AND nothing is lost by it
    again = shoplake(home, "run")
    _, said = again.communicate(timeout=300)
    assert (again.returncode, said) == (0, "")
