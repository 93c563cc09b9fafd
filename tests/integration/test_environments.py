"""The lake works wherever and for whomever it runs: paths, languages, users, limits and settings made for other programs.

Each row lands a file, runs conform and queries the result, with as many settings at once as cannot hide one another's faults;
or it is refused in one sentence before anything is started.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from offline.twin import synth
from offline.twin.record import Record
from tests.support.users import as_user, is_root

ROOT = Path(__file__).parents[2]
EVENTS = """\
event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
2019-10-05 18:54:51 UTC,view,1017,2002,cat.c2,b3,27.5,8,s1
2019-10-16 14:30:41 UTC,cart,1014,2004,cat.c4,b0,24.5,7,s2
2019-10-31 23:30:00 UTC,cart,1028,2003,cat.c3,b0,38.5,39,s3
"""
COUNTS = "select event_type, count(*) as n, max(event_time) as last from processed.events group by 1 order by 1"
EXPECTED = "event_type,n,last\ncart,2,2019-10-31 23:30:00\nview,1,2019-10-05 18:54:51\n"
ODD = """it's ä #1 %20+%zz & "q" <b> [x]*? {a b} $HOME ${sys:user.home} a=b:c \\ ;"""
COMMAND = "from offline.cli.app import main; main()"
CONFORM = """
import sys
from pathlib import Path
from unittest.mock import Mock
from contracts.errors import LakeError
from glue_jobs import manifest
from offline.twin import client
from offline.twin.run_follower import run_job

try:
    twin = client.up(Path(sys.argv[1]), memory="1g")
    arguments = {"--source": "rees46", "--partition_grain": "month", "--conf": "spark.driver.memory=1g"}
    run_job(twin, manifest.job("conform").output, arguments, Mock())
except LakeError as error:
    sys.exit(str(error))
"""
NOBODY = 65534


@dataclass(frozen=True)
class Environment:
    """Where and how the commands of a lake run. A variable that is None is unset."""

    lake: Path
    clone: Path = ROOT
    variables: dict[str, str | None] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    before: Callable[[], object] | None = None

    def python(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        changed = os.environ | self.variables
        return subprocess.run(
            [*self.prefix, str(self.clone / ".venv/bin/python"), "-c", code, *arguments],
            cwd=self.clone,
            env={name: value for name, value in changed.items() if value is not None},
            preexec_fn=self.before,
            capture_output=True,
            text=True,
            check=False,
        )

    def shoplake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.python(COMMAND, "--lake", str(self.lake), *arguments)

    def conform(self) -> subprocess.CompletedProcess[str]:
        return self.python(f"from offline import cli\n{CONFORM}", str(self.lake))


@pytest.fixture
def stop() -> Iterator[list[Path]]:
    """Lakes whose servers are stopped at the end."""
    lakes: list[Path] = []
    yield lakes
    for lake in lakes:
        record = Record.read(lake)
        if record and record.pid:
            os.kill(record.pid, signal.SIGTERM)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder for all users, with a space. pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory(prefix="shoplake ") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


def land_run_query(environment: Environment, folder: Path, stop: list[Path]) -> None:
    stop.append(environment.lake)
    events = folder / "events.csv"
    events.write_text(EVENTS)
    landed = environment.shoplake("land", "rees46", str(events))
    assert landed.returncode == 0, landed.stderr
    run = environment.conform()
    assert (run.returncode, run.stderr) == (0, ""), (environment.lake / "log/twin.log").read_text()[-2000:]
    found = environment.shoplake("sql", "--csv", COUNTS)
    assert (found.returncode, found.stdout) == (0, EXPECTED), found.stderr


def closed_stdin_and_few_files() -> None:
    os.close(0)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def mask() -> None:
    os.umask(0o077)


@pytest.mark.twin
@pytest.mark.full
def test_odd_characters_in_the_path_of_a_lake(tmp_path: Path, stop: list[Path]) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    land_run_query(Environment(folder / "my lake", variables={"LC_ALL": "C", "LANG": None}), folder, stop)
    # AND nothing was written outside of it
    assert [entry.name for entry in tmp_path.iterdir()] == [ODD]


@pytest.mark.twin
@pytest.mark.full
def test_settings_for_other_programs(tmp_path: Path, stop: list[Path]) -> None:
    absent = str(tmp_path / "absent")
    variables = dict.fromkeys(
        ("SPARK_HOME", "SPARK_CONF_DIR", "SPARK_LOCAL_DIRS", "HADOOP_CONF_DIR", "HADOOP_HOME", "JAVA_HOME", "CLASSPATH", "TMPDIR",
         "PYTHONSTARTUP", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "AWS_CONFIG_FILE", "BASH_ENV"),
        absent,
    )  # fmt: skip
    variables |= {"JAVA_TOOL_OPTIONS": "-Xmx1k", "_JAVA_OPTIONS": "-Xmx1k", "JDK_JAVA_OPTIONS": "-Xmx1k"}
    variables |= {
        "PYSPARK_SUBMIT_ARGS": "--nosuch",
        "SPARK_SUBMIT_OPTS": "-Xmx1k",
        "AWS_PROFILE": "nosuch",
        "AWS_ENDPOINT_URL_S3": "x",
    }
    variables |= {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kolkata", "SPARK_REMOTE": "sc://127.0.0.1:1", "SPARK_MASTER": "nosuch"}
    environment = Environment(tmp_path / "lake", variables={**variables, "HOME": None}, before=closed_stdin_and_few_files)
    land_run_query(environment, tmp_path, stop)


@pytest.mark.twin
@pytest.mark.full
@is_root
def test_a_user_without_a_home_in_a_clone_that_is_read_only(shared: Path, stop: list[Path]) -> None:
    # GIVEN a synthesized app, because the clone cannot be written by this user
    synth.assembly()
    prefix = tuple(as_user(NOBODY))
    variables = {"HOME": "/nonexistent", "LC_ALL": "de_DE.UTF-8", "TMPDIR": str(shared)}
    environment = Environment(shared / "lake", variables=variables, prefix=prefix, before=mask)
    land_run_query(environment, shared, stop)
    assert (shared / "lake/twin.json").stat().st_uid == NOBODY


@pytest.mark.twin
@pytest.mark.full
def test_odd_characters_in_the_path_of_a_clone(tmp_path: Path, stop: list[Path]) -> None:
    # GIVEN a clone with its own installation, in which nothing is synthesized yet
    clone = tmp_path / ODD.replace(":", "")
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, tracked.split("\0")):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, clone / name)
    copy_installation(clone)
    # THEN
    land_run_query(Environment(clone / ".lake", clone=clone, variables={"HOME": None}), tmp_path, stop)
    assert (clone / "build/home").is_dir()


def copy_installation(clone: Path) -> None:
    """Links the installed libraries, so that their own paths are below the clone."""
    try:
        shutil.copytree(ROOT / ".venv", clone / ".venv", symlinks=True, copy_function=os.link)
    except (OSError, shutil.Error):
        shutil.rmtree(clone / ".venv", ignore_errors=True)
        shutil.copytree(ROOT / ".venv", clone / ".venv", symlinks=True)
    for file in (clone / ".venv/lib/python3.11/site-packages").glob("__editable__*.pth"):
        file.unlink()
        file.write_text(f"{clone}\n")


def test_a_comma_in_the_path_of_a_lake_is_refused(tmp_path: Path) -> None:
    result = Environment(tmp_path / "a,b").conform()
    expected = f"{tmp_path}/a,b: Spark cannot work in a path with a comma; choose another folder with --lake.\n"
    assert (result.returncode, result.stderr) == (1, expected)
    assert not (tmp_path / "a,b").exists()


FEW_FILES = (
    "A process of this user may open only 256 files, and Spark needs 1024; raise the limit (ulimit -n 1024), then try again.\n"
)
NO_NAME = "User 54321 has no name on this machine, and Spark needs one; add the user to /etc/passwd.\n"


@is_root
@pytest.mark.parametrize(("uid", "files", "expected"), [(NOBODY, 256, FEW_FILES), (54321, 4096, NO_NAME)])
def test_a_user_for_whom_spark_cannot_run_is_refused(shared: Path, uid: int, files: int, expected: str) -> None:
    limit = ("prlimit", f"--nofile={files}:{files}")
    prefix = (*limit, *as_user(uid))
    result = Environment(shared / "lake", prefix=prefix).conform()
    assert (result.returncode, result.stderr) == (1, expected)
    assert not (shared / "lake").exists()


@pytest.mark.parametrize("hidden", ["typer.py", "json.py", "contracts/__init__.py", "pyspark/__init__.py"])
def test_a_module_on_pythonpath_that_hides_one_of_ours_is_refused(tmp_path: Path, hidden: str) -> None:
    (tmp_path / hidden).parent.mkdir(exist_ok=True)
    (tmp_path / hidden).write_text("raise SystemExit('hostile')\n")
    path = os.pathsep.join((str(tmp_path), os.environ["PYTHONPATH"]))
    result = Environment(tmp_path / "lake", variables={"PYTHONPATH": path}).shoplake("sources")
    expected = (
        f"{tmp_path}/{Path(hidden).parts[0]}: this file on PYTHONPATH hides a module that shoplake needs; unset PYTHONPATH.\n"
    )
    assert (result.returncode, result.stderr) == (2, expected)


def test_other_modules_on_pythonpath_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "something.py").touch()
    (tmp_path / "json").mkdir()
    path = os.pathsep.join((str(tmp_path), str(ROOT), "", os.environ["PYTHONPATH"]))
    assert Environment(tmp_path / "lake", variables={"PYTHONPATH": path}).shoplake("sources").returncode == 0
