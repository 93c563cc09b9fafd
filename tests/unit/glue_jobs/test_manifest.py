"""The manifest of jobs against everything that must agree with it."""

from __future__ import annotations

import ast
from importlib import resources

import pytest

from contracts import Zone, load, load_all
from glue_jobs import manifest
from glue_jobs.manifest import JOBS, JobSpec


def test_conform_runs_first_then_the_marts_then_the_analyses() -> None:
    names = ["conform", "marts", "segment", "recommend", "value", "features", "scores", "profiling", "publish", "reconcile"]
    assert [job.name for job in JOBS] == names
    assert [job.name for job in JOBS if job.is_analysis] == ["segment", "recommend", "value", "features", "scores", "profiling"]


def test_it_imports_neither_spark_nor_the_cdk() -> None:
    tree = ast.parse((resources.files("glue_jobs") / "manifest.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"__future__", "dataclasses"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_each_job_has_a_script_and_tables_that_exist(job: JobSpec) -> None:
    assert (resources.files("glue_jobs") / f"{job.name}.py").is_file()
    zones = {f"{zone}.*" for zone in Zone}
    for table in {*job.reads, *job.writes} - zones:
        load(table)
    if job.is_analysis:
        assert set(job.writes) <= load_all(Zone.CURATED).keys()


def test_run_history_accepts_exactly_these_jobs() -> None:
    assert load("etl_runs").column("job").enum == tuple(job.name for job in JOBS)


def test_an_unknown_job_is_an_error() -> None:
    with pytest.raises(KeyError):
        manifest.job("nope")
