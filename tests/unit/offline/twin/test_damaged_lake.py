"""The local stack of a lake starts whatever else is in its folder, and names what it cannot use."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import PlatformError
from offline.twin import bucket_folders, client
from offline.twin.client import Twin
from offline.twin.record import Record
from tests.unit.offline.twin.conftest import ZONES

COMMAND = [sys.executable, "-c", "from offline.cli.app import main; main()"]
RECORD = {"key": "k", "zones": {"raw": "r"}, "outputs": {}, "pid": 1, "port": 1, "access_key": "a", "secret_key": "s"}


@pytest.mark.twin
def test_a_lake_with_strays_and_damaged_records_starts(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    # GIVEN
    lake = tmp_path / "lake"
    for folder in ("s3/lost+found", "s3/ab", "s3/Upper", "s3/.git", "s3/mine", "log/runs", "log/executions"):
        (lake / folder).mkdir(parents=True)
    (lake / "s3/notes.txt").touch()
    (lake / "s3/gone").symlink_to("nowhere")
    for folder in ("runs", "executions"):
        for number, text in enumerate(
            ("", "{", "[]", "1", "{}", '{"job_name": 1, "started_on": "x"}', '{"state_machine_arn": []}')
        ):
            (lake / f"log/{folder}/{number}.json").write_text(text)
    (lake / "twin.json").write_text('{"key": "half')
    # WHEN
    twin = serve(tmp_path, ZONES)
    # THEN the own bucket is there, and the others are named
    buckets = {bucket["Name"] for bucket in twin.client("s3").list_buckets()["Buckets"]}
    assert buckets == {"mine", *twin.record.zones.values()}
    status = subprocess.run([*COMMAND, "--lake", str(lake), "status"], capture_output=True, text=True, check=True)
    assert status.stderr == "".join(
        f"{lake}/s3/{name}: ignored, because it cannot be a bucket; move it elsewhere.\n"
        for name in (".git", "Upper", "ab", "gone", "lost+found", "notes.txt")
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("abc", True), ("a" * 63, True), ("my-bucket.1", True), ("ab", False), ("a" * 64, False), ("a_b", False), ("a..b", False),
     ("-ab", False), ("ABC", False), ("lost+found", False), ("ä-bucket", False)],
)  # fmt: skip
def test_a_folder_is_a_bucket_by_the_rules_of_s3(tmp_path: Path, name: str, *, expected: bool) -> None:
    (tmp_path / name).mkdir()
    found = (bucket_folders.buckets(tmp_path), bucket_folders.strays(tmp_path))
    assert found == (([name], []) if expected else ([], [name]))


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", "[]", "7", '"x"', "{}", json.dumps(RECORD)[:-9], json.dumps(RECORD | {"zones": []}),
     json.dumps(RECORD | {"port": "1"}), json.dumps(RECORD | {"pid": 1.5}), json.dumps(RECORD | {"later": 1}), "\x00" * 40],
)  # fmt: skip
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "twin.json").write_text(text)
    assert Record.read(tmp_path) is None
    assert client.find(tmp_path) is None
    assert not client.down(tmp_path)


def test_a_server_leaves_the_record_of_a_later_one_alone(tmp_path: Path) -> None:
    earlier, later = Record(**RECORD), Record(**RECORD | {"pid": 2})  # type: ignore[arg-type]
    later.write(tmp_path)
    earlier.write_without_server(tmp_path)
    assert Record.read(tmp_path) == later
    later.write_without_server(tmp_path)
    assert Record.read(tmp_path) == Record("k", {"raw": "r"}, {})


def test_a_record_written_over_a_readable_draft_is_closed(tmp_path: Path) -> None:
    (tmp_path / "_twin.json").touch(mode=0o666)
    Record(**RECORD).write(tmp_path)  # type: ignore[arg-type]
    assert (tmp_path / "twin.json").stat().st_mode & 0o777 == 0o600


def test_the_local_stack_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Record(**RECORD).write(tmp_path)  # type: ignore[arg-type]
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(
        PlatformError, match=r"twin\.json: this lake's local stack belongs to another user; use a lake of your own"
    ):
        client.find(tmp_path)


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
@pytest.mark.parametrize("command", ["up", "down"])
def test_a_lake_that_cannot_be_written_is_one_sentence(tmp_path: Path, command: str) -> None:
    # GIVEN root without the right to ignore a folder's mode
    lake = tmp_path / "lake"
    lake.mkdir(mode=0o555)
    weak = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    result = subprocess.run([*weak, *COMMAND, "--lake", str(lake), command], capture_output=True, text=True, check=False)
    # THEN
    expected = f"{lake}/twin.lock: Permission denied; check the folder, its space and its permissions, and try again.\n"
    assert (result.returncode, result.stderr) == (1, expected)
    assert list(lake.iterdir()) == []
