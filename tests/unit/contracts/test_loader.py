"""Contracts are found by name, from a folder or from a zip, with nothing but PyYAML."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import contracts
from contracts import LakeError, load, load_all

PACKAGE = Path(contracts.__file__).parent


def test_tables_are_found_by_zone_in_the_order_of_their_names() -> None:
    assert list(load_all()) == sorted([*load_all("processed"), *load_all("curated")])
    assert {"events", "order_items", "quarantine", "etl_runs"} <= set(load_all("processed"))
    assert {"dim_date", "fct_sessions", "sales_daily"} <= set(load_all("curated"))
    assert load("events") is load_all()["events"]


@pytest.mark.parametrize(
    ("find", "sentence"),
    [
        (lambda: load("evnts"), "evnts: there is no table with this name; did you mean events?"),
        (lambda: load_all("curate"), "curate: there is no such zone; did you mean curated?"),
    ],
)
def test_a_misspelt_name_gets_the_nearest_one(find: object, sentence: str) -> None:
    with pytest.raises(LakeError) as refusal:
        find()  # type: ignore[operator]

    assert str(refusal.value) == sentence


def run_in(packages: Path, program: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=packages.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def zip_of(package: Path, target: Path, **renamed: str) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for file in package.rglob("*"):
            if file.suffix in (".py", ".yaml"):
                name = file.relative_to(package.parent).as_posix()
                archive.write(file, renamed.get(file.stem.removesuffix(".odcs"), name))
    return target


def test_the_package_works_from_a_zip_and_loads_no_engine(tmp_path: Path) -> None:
    packed = zip_of(PACKAGE, tmp_path / "lake.zip")

    done = run_in(
        packed,
        "import sys, contracts\n"
        "print(contracts.__file__.split('lake.zip')[1:] != [], len(contracts.load_all()), "
        "sorted({'pyspark', 'jsonschema', 'duckdb', 'open_data_contract_standard'} & set(sys.modules)))",
    )

    assert (done.stdout.strip(), done.stderr) == (f"True {len(load_all())} []", "")


def test_a_file_under_another_name_than_its_table_is_refused(tmp_path: Path) -> None:
    packed = zip_of(PACKAGE, tmp_path / "lake.zip", customers="contracts/processed/clients.odcs.yaml")

    done = run_in(packed, "import contracts; contracts.load_all()")

    assert done.stderr.strip().endswith(
        "contracts/processed/clients.odcs.yaml: id is processed.customers; name it processed.clients, as the file is."
    )


RAW_EVENT = """\
apiVersion: v3.1.0
kind: DataContract
id: raw.clicks
version: '1.0.0'
status: active
description: {purpose: Clicks as the API accepts them.}
team: {name: shop}
schema:
  - name: clicks
    physicalType: table
    dataGranularityDescription: One click.
    properties:
      - {name: click_id, description: Identity., logicalType: string, physicalType: string, required: true}
      - {name: source, description: Shop., logicalType: string, physicalType: string, partitioned: true, partitionKeyPosition: 1}
"""


def test_the_raw_zone_may_have_contracts(tmp_path: Path) -> None:
    # GIVEN the package with one contract in the raw zone
    package = shutil.copytree(PACKAGE, tmp_path / "lake" / "contracts", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "raw" / "clicks.odcs.yaml").write_text(RAW_EVENT, encoding="utf-8")
    # WHEN it is loaded, documented and derived in a process of its own
    done = run_in(
        package.parent,
        "import contracts\n"
        "from contracts.derive import docs, json_schema\n"
        "clicks = contracts.load_all('raw')['clicks']\n"
        "pages = docs.pages()\n"
        "print(clicks.zone, json_schema.schema(clicks)['required'], 'raw/clicks.md' in pages, '## raw' in pages['README.md'],"
        " 'clicks' in contracts.data_tables())",
    )
    # THEN
    assert (done.stdout.strip(), done.stderr) == ("raw ['click_id'] True True False", "")
