"""Two runs of one job: the second is refused, or takes over what a dead one left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from contracts.errors import BusyError
from glue_jobs.lib.lake import lease as module
from glue_jobs.lib.lake.lease import TTL, FileLease, ObjectLease
from tests.support.lazy import lazy

mock_aws = lazy("moto", "mock_aws")

URI = "s3://processed/lake/_commits/marts.lease"
REFUSED = r"_commits/marts\.lease: another run of the job marts is working on this lake \(process .*\)\. Wait until it ends"


def test_a_second_run_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    first = FileLease(tmp_path / "_commits/marts.lease", URI)
    with pytest.raises(BusyError, match=REFUSED):
        FileLease(tmp_path / "_commits/marts.lease", URI)
    FileLease(tmp_path / "_commits/segment.lease", URI).release()
    first.release()
    FileLease(tmp_path / "_commits/marts.lease", URI).release()
    assert list((tmp_path / "_commits").iterdir()) == []


def test_the_lease_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path / "marts.lease"
    code = "import sys; from pathlib import Path; from glue_jobs.lib.lake.lease import FileLease; "
    code += f"held = FileLease(Path({str(path)!r}), 's3://p/marts.lease'); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {process.pid} on "):
            FileLease(path, URI)
        process.kill()
        process.wait()
        assert path.exists()
        FileLease(path, URI).release()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="processed")
        yield client


def never(_: float) -> None:
    raise AssertionError("waited")


def abandoned(s3: Any) -> ObjectLease:
    """The lease of a run that died: nobody renews it."""
    held = ObjectLease(s3, URI, wait=never)
    held._ended.set()
    held._renewal.join()
    return held


def keys(s3: Any) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket="processed").get("Contents", [])]


def test_in_s3_a_run_whose_lease_is_renewed_is_left_alone(s3: Any) -> None:
    first = ObjectLease(s3, URI, wait=never)
    # WHEN another run waits and the first renews meanwhile
    with pytest.raises(BusyError, match=REFUSED):
        ObjectLease(s3, URI, wait=lambda _: first.check())
    # THEN the first still holds it
    first.check()
    first.release()
    assert keys(s3) == []


def test_in_s3_an_abandoned_lease_is_taken_over_and_its_holder_commits_nothing(s3: Any) -> None:
    # GIVEN
    dead, waits = abandoned(s3), []
    # WHEN
    second = ObjectLease(s3, URI, wait=waits.append)
    # THEN
    assert sum(waits) == TTL
    with pytest.raises(BusyError, match=r"took over this run's lease; this run committed nothing\. Run again\."):
        dead.check()
    dead.release()
    second.check()
    assert keys(s3) == ["lake/_commits/marts.lease"]
    second.release()


def test_in_s3_of_two_that_take_over_one_wins(s3: Any) -> None:
    # GIVEN an abandoned lease, and two runs that wait for it; the second ends its wait just before the first does
    abandoned(s3)
    waited, winners = [], []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if sum(waited) == TTL:
            winners.append(ObjectLease(s3, URI, wait=lambda _: None))

    def renewed(seconds: float) -> None:
        wait(seconds)
        for winner in winners:
            winner.check()

    # WHEN
    with pytest.raises(BusyError, match=REFUSED):
        ObjectLease(s3, URI, wait=renewed)
    # THEN
    winners[0].check()
    winners[0].release()


@pytest.mark.full
def test_in_s3_the_holder_renews_by_itself(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RENEWED_EVERY", 0.01)
    held = ObjectLease(s3, URI, wait=never)
    with pytest.raises(BusyError, match=REFUSED):
        ObjectLease(s3, URI, wait=held._ended.wait)
    held.release()


def test_an_error_of_s3_is_not_a_lost_lease(s3: Any) -> None:
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucket"):
        ObjectLease(s3, "s3://other/_commits/marts.lease", wait=never)
