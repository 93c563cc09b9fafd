"""Bundles of code: complete, the same bytes every time, importable from the zip, and refused if they could not run."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import zipfile
import zipimport
from importlib import metadata
from pathlib import Path

import boto3
import pytest

from contracts.errors import LakeError
from stacks import bundle as bundles
from stacks.bundle import GLUE, LAMBDA, LAMBDA_COMPILED, bundle, content_hash, library_files, package_files, write_zip
from tests.support.lazy import lazy

code_asset = lazy("stacks.constructs.code_asset")
CODE = lazy("stacks.dashboard", "CODE")

READ_ALL = """
import importlib.util, sys
sys.modules["pyspark"] = None  # Glue has it; nothing that is only read may need it
import contracts, yaml, sqlglot
from contracts import load_all
import lambdas.common.table, lambdas.serving.published
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
ANSWER = """
import os
os.environ.update(ORIGIN="https://a.example", SIGN_IN="https://b.example", ISSUER="https://c.example/pool", CLIENT="d",
                  WORKGROUP="w", DATABASE="curated", SESSION_SECONDS="3600", AWS_DEFAULT_REGION="eu-central-1")
from dashboards.hosted import handler
class Aws:
    def describe_user_pool_client(self, **_):
        return {"UserPoolClient": {"ClientSecret": "s"}}
handler.client = lambda _: Aws()
http = {"method": "GET", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
answer = handler.handle({"version": "2.0", "rawPath": "/", "rawQueryString": "", "headers": {"host": "a.example"},
                         "requestContext": {"http": http}}, None)
print(answer["statusCode"], answer["headers"]["location"].partition("?")[0])
import pydantic_core, yaml, plotly, dash_mantine_components as components
print(*[module.__file__.partition("/task/")[2].split("/")[0] for module in (pydantic_core, yaml, plotly, components)])
"""


def isolated(program: str, *paths: Path, cwd: Path) -> list[str]:
    """The lines that a program prints in a Python without installed packages, with these folders or zips on its path."""
    setup = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}\n"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", setup + program], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    return run.stdout.splitlines()


def test_a_glue_job_finds_everything_it_reads_in_its_zips(tmp_path):
    zips = [bundle(packages=code_asset.PACKAGES, runtime=GLUE).path, bundle(libraries=code_asset.LIBRARIES, runtime=GLUE).path]

    assert isolated(READ_ALL, *zips, cwd=tmp_path) == [
        "/contracts/__init__.py /sqlglot/__init__.py False",
        "multimodel rees46 retailrocket shop stream thelook uci_online_retail True True True True True True True",
        "True True",
    ]


def test_a_lambda_function_runs_from_its_bundle(tmp_path):
    # GIVEN a function that needs the contracts, and they need a library
    function = tmp_path / "ingest"
    function.mkdir()
    (function / "__init__.py").write_text("")
    (function / "handler.py").write_text(
        "from contracts import load\n\n\ndef handler(event, context):\n    return str(load(event['table']).zone)\n"
    )
    (tmp_path / "contracts").symlink_to(bundles.ROOT / "contracts")
    # WHEN it is bundled into one zip, which Lambda unpacks
    zipped = bundle(
        packages=("contracts", "ingest"), libraries=("pyyaml",), runtime=LAMBDA, root=tmp_path, folder=tmp_path / "bundles"
    )
    zipfile.ZipFile(zipped.path).extractall(tmp_path / "task")
    # THEN
    call = "from ingest.handler import handler; print(handler({'table': 'sales_daily'}, None))"
    assert isolated(call, tmp_path / "task", cwd=tmp_path) == ["curated"]
    names = zipfile.ZipFile(zipped.path).namelist()
    assert not [name for name in names if name.endswith((".so", ".pyc")) or name.startswith("sqlglot")]


@pytest.mark.full
def test_the_dashboards_function_runs_from_its_bundle(tmp_path):
    # GIVEN the bundle as Lambda unpacks it, and the boto3 of Lambda's runtime
    zipped = bundle(packages=CODE.packages, libraries=CODE.libraries, runtime=CODE.runtime, folder=tmp_path)
    zipfile.ZipFile(zipped.path).extractall(tmp_path / "task")
    (tmp_path / "runtime").mkdir()
    for name in ("boto3", "botocore", "jmespath", "dateutil", "six.py", "s3transfer"):
        installed = Path(boto3.__file__).parents[1] / name
        (tmp_path / "runtime" / name).symlink_to(installed)
    # WHEN its handler answers a request, THEN with libraries of the bundle only
    assert isolated(ANSWER, tmp_path / "task", tmp_path / "runtime", cwd=tmp_path) == [
        "303 https://b.example/oauth2/authorize",
        "pydantic_core yaml plotly dash_mantine_components",
    ]
    # AND within Lambda's limit for an unpacked function
    assert sum(entry.file_size for entry in zipfile.ZipFile(zipped.path).infolist()) < 250 << 20


def test_a_compiled_library_is_bundled_for_a_runtime_like_this_environment():
    files = library_files(("markupsafe",), runtime=LAMBDA_COMPILED)
    assert [Path(name).parts[0] for name in files if name.endswith(".so")] == ["markupsafe"]


@pytest.mark.parametrize(
    ("library", "runtime"),
    [
        # built for glibc 2.34, and Amazon Linux 2 has 2.26
        (("cryptography", "cffi", "pycparser"), LAMBDA_COMPILED),
        (("markupsafe",), dataclasses.replace(LAMBDA_COMPILED, glibc=16)),
        (("markupsafe",), dataclasses.replace(LAMBDA_COMPILED, machine="aarch64")),
        (("markupsafe",), dataclasses.replace(LAMBDA_COMPILED, python="3.13")),
    ],
)
def test_a_compiled_library_that_the_runtime_cannot_load_is_refused(library, runtime):
    message = rf"^{library[0]}: is built for cp311-\S+, .*which Lambda .* does not run; synthesize on Linux with Python 3"
    with pytest.raises(LakeError, match=message):
        library_files(library, runtime=runtime)


def test_only_code_sql_and_yaml_of_our_own_packages_is_shipped():
    names = package_files(code_asset.PACKAGES)
    assert {Path(name).suffix for name in names} == {".py", ".sql", ".yaml"}
    assert {Path(name).parts[0] for name in names} == {"contracts", "glue_jobs", "lambdas"}
    assert "glue_jobs/lib/lake/context.py" in names
    assert not [name for name in names if "__pycache__" in name]


def test_libraries_bring_their_licenses_and_no_compiled_part():
    names = library_files(code_asset.LIBRARIES, runtime=GLUE)
    licenses = [name for name in names if Path(name).stem in ("LICENSE", "LICENCE")]
    licensed = {Path(name).parts[0].partition("-")[0].lower() for name in licenses}
    assert licensed == {name.replace("-", "_") for name in code_asset.LIBRARIES}
    assert {Path(name).suffix for name in names.keys() - licenses} == {".py", ".typed", ""}
    assert "yaml/__init__.py" in names


def test_the_same_files_give_the_same_bytes(tmp_path):
    # GIVEN the same content, listed in another order
    one, two = {"a.py": b"1", "b/c.sql": b"2"}, {"b/c.sql": b"2", "a.py": b"1"}
    # WHEN
    first, second = write_zip("x", one, folder=tmp_path / "1"), write_zip("x", two, folder=tmp_path / "2")
    # THEN
    assert content_hash(one) == content_hash(two)
    assert first.read_bytes() == second.read_bytes()
    assert zipfile.ZipFile(first).namelist() == ["a.py", "b/c.sql"]


@pytest.mark.parametrize("other", [{"a.py": b"2"}, {"b.py": b"1"}, {"a.py": b"1", "b.py": b""}, {"a.py1": b""}])
def test_any_change_changes_the_hash(other):
    assert content_hash({"a.py": b"1"}) != content_hash(other)


def test_a_bundle_that_is_too_large_is_refused(tmp_path):
    small = dataclasses.replace(GLUE, limit_bytes=50)
    with pytest.raises(LakeError, match=r"has [\d,]+ bytes, but Glue 5.1 allows 50; remove packages or libraries"):
        bundle(packages=("contracts",), runtime=small, folder=tmp_path)


def test_a_library_of_another_version_than_the_lock_is_refused(tmp_path, monkeypatch):
    # GIVEN
    (tmp_path / "requirements.lock").write_text("pyyaml==0.0.1 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(bundles, "ROOT", tmp_path)
    # WHEN / THEN
    with pytest.raises(LakeError, match=r"pyyaml: version \S+ is installed, but requirements.lock has 0.0.1; run `make"):
        library_files(("pyyaml",), runtime=GLUE)


def test_a_library_that_is_not_installed_is_refused():
    with pytest.raises(LakeError, match="no-such-library: is not installed, but has to be bundled; run `make"):
        library_files(("no-such-library",), runtime=GLUE)


def test_a_compiled_library_is_refused():
    with pytest.raises(LakeError, match=r"^duckdb: is compiled \(\S+\.so\), so it only runs on this kind of machine; use pure"):
        library_files(("duckdb",), runtime=LAMBDA)


def test_a_dependency_that_the_runtime_lacks_is_refused():
    # GIVEN rich, which needs pygments and markdown-it-py, and that mdurl
    with pytest.raises(LakeError, match=r"^rich: needs (pygments|markdown-it-py), which Lambda does not have; bundle it too"):
        library_files(("rich",), runtime=LAMBDA)
    # WHEN all are bundled
    files = library_files(("rich", "pygments", "markdown-it-py", "mdurl"), runtime=LAMBDA)
    # THEN
    assert {"rich/__init__.py", "pygments/__init__.py", "markdown_it/__init__.py", "mdurl/__init__.py"} <= files.keys()


def test_modules_in_a_folder_without_init_are_found_in_the_zip(tmp_path):
    # GIVEN skops, whose folder io/old is no package
    assert not any(str(file) == "skops/io/old/__init__.py" for file in metadata.files("skops") or ())
    provided = dataclasses.replace(LAMBDA, provided=frozenset({"numpy", "packaging", "prettytable", "scikit-learn", "scipy"}))
    # WHEN
    path = write_zip("x", library_files(("skops",), runtime=provided), folder=tmp_path)
    # THEN
    assert zipimport.zipimporter(f"{path}/skops/io").find_spec("old") is not None


def test_a_dependency_that_the_runtime_provides_is_not_bundled():
    provided = dataclasses.replace(LAMBDA, provided=frozenset({"pygments", "markdown-it-py"}))
    assert {name.split("/")[0].split("-")[0] for name in library_files(("rich",), runtime=provided)} == {"rich"}


def test_a_library_for_another_python_is_refused():
    future = dataclasses.replace(LAMBDA, python="3.6")
    with pytest.raises(LakeError, match=r"^pyyaml: supports Python >=3.8, but Lambda has 3.6; bundle another version or library"):
        library_files(("pyyaml",), runtime=future)


def test_a_library_that_was_changed_after_installation_is_refused(monkeypatch, tmp_path):
    # GIVEN an installed library with a changed file
    folder = tmp_path / "tiny-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    (folder / "RECORD").write_text("tiny.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n")
    (tmp_path / "tiny.py").write_text("changed = True\n")
    (tmp_path / "requirements.lock").write_text("tiny==1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(bundles, "ROOT", tmp_path)
    # WHEN / THEN
    with pytest.raises(LakeError, match=r"tiny\.py: was changed after installation; delete .venv and run"):
        library_files(("tiny",), runtime=LAMBDA)
