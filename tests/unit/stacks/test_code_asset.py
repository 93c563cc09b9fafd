"""What Glue jobs are shipped with: complete, the same bytes every time, readable out of the zip."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from contracts.errors import LakeError
from stacks.constructs import code_asset
from stacks.constructs.code_asset import bundle, content_hash, library_files, package_files

READ_ALL = """
import importlib.util, sys
sys.modules["pyspark"] = None  # Glue has it; nothing that is only read may need it
import contracts, yaml, sqlglot
from contracts import load_all
from glue_jobs.lib.source_definition.references import build_order
from glue_jobs.lib.source_definition.source_loader import load_source, source_names
from importlib import resources
sources = resources.files("glue_jobs") / "sources"
names = source_names(sources)
marts = {e.name.removesuffix(".sql"): e.read_text() for e in (resources.files("glue_jobs") / "marts").iterdir()}
print(contracts.__file__.split(".zip")[1], sqlglot.__file__.split(".zip")[1], yaml.__with_libyaml__)
print(" ".join(names), *[len(load_source(sources, name).selects) > 0 for name in names])
print("events" in load_all(), "fct_order_items" in [name for name, _ in build_order(marts, where="marts")])
"""


def test_everything_that_a_job_reads_is_found_in_the_zips_alone(tmp_path):
    # GIVEN a Python without any installed package
    zips = [str(bundle("packages", package_files())), str(bundle("libraries", library_files()))]
    program = f"import sys; sys.path[:0] = {zips!r}\n{READ_ALL}"
    # WHEN
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    # THEN
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "/contracts/__init__.py /sqlglot/__init__.py False",
        "multimodel rees46 retailrocket shop thelook uci_online_retail True True True True True True",
        "True True",
    ]


def test_only_code_sql_and_yaml_of_our_own_packages_is_shipped():
    names = package_files()
    assert {Path(name).suffix for name in names} == {".py", ".sql", ".yaml"}
    assert {Path(name).parts[0] for name in names} == {"contracts", "glue_jobs"}
    assert "glue_jobs/lib/lake/context.py" in names
    assert not [name for name in names if "__pycache__" in name]


def test_libraries_bring_their_licenses_and_no_compiled_part():
    names = library_files()
    assert [name for name in names if name.endswith("LICENSE")]
    assert {Path(name).suffix for name in names} == {".py", ""}
    assert "yaml/__init__.py" in names


def test_the_same_files_give_the_same_bytes(tmp_path):
    # GIVEN the same content, listed in another order
    one, two = {"a.py": b"1", "b/c.sql": b"2"}, {"b/c.sql": b"2", "a.py": b"1"}
    # WHEN
    first, second = bundle("x", one, folder=tmp_path / "1"), bundle("x", two, folder=tmp_path / "2")
    # THEN
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()
    assert zipfile.ZipFile(first).namelist() == ["a.py", "b/c.sql"]


@pytest.mark.parametrize("other", [{"a.py": b"2"}, {"b.py": b"1"}, {"a.py": b"1", "b.py": b""}, {"a.py1": b""}])
def test_any_change_changes_the_hash(other):
    assert content_hash({"a.py": b"1"}) != content_hash(other)


def test_a_bundle_that_grew_too_large_is_refused(tmp_path):
    with pytest.raises(LakeError, match=r"has 1\d\d bytes, at most 50 are allowed; remove what jobs do not need"):
        bundle("x", {"a.py": b"1"}, folder=tmp_path, limit=50)


def test_a_library_of_another_version_than_the_lock_is_refused(tmp_path, monkeypatch):
    # GIVEN
    (tmp_path / "requirements.lock").write_text("pyyaml==0.0.1 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(code_asset, "ROOT", tmp_path)
    # WHEN / THEN
    with pytest.raises(LakeError, match=r"pyyaml: version \S+ is installed, requirements.lock names 0.0.1; run `make"):
        library_files()


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setattr(code_asset, "LIBRARIES", ("no-such-library",))
    with pytest.raises(LakeError, match="no-such-library: is not installed, but Glue jobs need it; run `make"):
        library_files()
