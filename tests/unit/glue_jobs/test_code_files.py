"""The fingerprint of an analysis covers its algorithms, in whatever package they are."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from glue_jobs.lib.curated.analysis import code_files


def test_code_in_inner_packages_counts_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b.py", "a/z.py", "a/deep/x.py", "notes.txt", "a/more.sql"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [Path(str(file)).relative_to(tmp_path).as_posix() for file in code_files(tmp_path)] == [
        "a/deep/x.py",
        "a/z.py",
        "b.py",
    ]


def test_every_algorithm_is_covered() -> None:
    names = {file.name for file in code_files(resources.files("glue_jobs") / "algorithms")}
    assert {"als.py", "segments.py", "bg_nbd.py", "drift.py", "checkpoints.py"} <= names
