"""Each job's committer accepts the files that the job writes, and no others."""

from __future__ import annotations

import pytest

from contracts import Zone, load_all
from glue_jobs.features import ANALYSIS as FEATURES
from glue_jobs.lib.lake.commit import Commit
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake
from glue_jobs.manifest import JOBS
from glue_jobs.profiling import ANALYSIS as PROFILING
from glue_jobs.recommend import ANALYSIS as RECOMMEND
from glue_jobs.scores import ANALYSIS as SCORES
from glue_jobs.segment import ANALYSIS as SEGMENT
from glue_jobs.value import ANALYSIS as VALUE

ANALYSES = {analysis.job: analysis for analysis in (FEATURES, PROFILING, RECOMMEND, SCORES, SEGMENT, VALUE)}

LAKE = Lake(spark=None, raw="s3://r", processed="s3://p", curated="s3://c", grain="month", sources=None, marts=None)


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setitem(LAKE.__dict__, "storage", None)
    return LAKE


def accepts(lake: Lake, zone: Zone, job: str, uri: str) -> bool:
    own = {"tables": ANALYSES[job].makes, "stem": job} if job in ANALYSES else {}
    return committer(lake, zone, job=job, **own)._own_file.fullmatch(uri) is not None


@pytest.mark.parametrize("job", [spec.name for spec in JOBS if spec.name != "conform"])
def test_a_job_writes_its_curated_tables_and_its_run_history(lake: Lake, job: str) -> None:
    writes = next(spec.writes for spec in JOBS if spec.name == job)
    tables = list(load_all(Zone.CURATED)) if writes == ("curated.*",) else list(writes)
    stem = job if job in ANALYSES else "part"
    for table in tables:
        assert accepts(lake, Zone.CURATED, job, f"s3://c/{table}/source=shop/{stem}-00000.parquet")
        assert not accepts(lake, Zone.CURATED, job, f"s3://c/{table}/source=shop/other-00000.parquet")
    assert accepts(lake, Zone.PROCESSED, job, "s3://p/etl_runs/source=shop/period=2025-01/run-1.parquet")
    assert not accepts(lake, Zone.PROCESSED, job, "s3://p/events/source=shop/period=2025-01/part-00000.parquet")


def test_conform_writes_every_processed_table(lake: Lake) -> None:
    for table in load_all(Zone.PROCESSED):
        assert accepts(lake, Zone.PROCESSED, "conform", f"s3://p/{table}/source=shop/period=2025-01/part-00000.parquet")


def test_runs_of_one_job_are_staged_below_its_own_folder(lake: Lake) -> None:
    assert committer(lake, Zone.CURATED, job="segment").staging(Commit("run").run_id) == "s3://c/_staging/segment/run"
