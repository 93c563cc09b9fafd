"""The framework of analyses: when they run, when they are skipped, and how two jobs share a table."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace

import pytest

from contracts.errors import LakeError
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, perform
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = [pytest.mark.analysis, pytest.mark.usefixtures("interpreted")]


def metric(data: AnalysisInput, job: str, name: str):
    """One row of model_metrics, which several jobs fill."""
    return data.lake.spark.sql(
        f"select '{job}' as job, 'm' as model, 'test' as split, '{name}' as metric, 1.0D as score, null as ci_low, "
        f"null as ci_high, "
        f"null as baseline, null as baseline_score, 1L as sample_size, '{{}}' as parameters, true as is_published, "
        f"timestamp'2025-01-01' as as_of, '{data.source}' as source"
    )


def options(arguments: ArgumentParser) -> None:
    arguments.add_argument("--k", default="1", help="any number")


@pytest.fixture(scope="module")
def shop(spark, lake_root, kept_shops) -> Shop:
    shop = Shop(spark, lake_root, "analyzed", only_marts=("fct_order_items",))

    def build() -> None:
        shop.put("rees46", "events", "a.csv", [REES46_HEADER, event("2019-10-01 10:00:00", "purchase", "p1")])
        shop.conform("rees46")
        shop.build("rees46")

    kept_shops.build(shop, "built", build)
    return shop


class MetricsAnalysis(Analysis):
    """Reads and writes one table, whatever the manifest states for its job."""

    @property
    def reads(self) -> tuple[str, ...]:
        return ("fct_order_items",)

    @property
    def makes(self) -> tuple[str, ...]:
        return ("model_metrics",)


def analysis_of(job: str, name: str) -> Analysis:
    return MetricsAnalysis(
        job=job,
        compute=lambda data: {"model_metrics": metric(data, job, name + data.options.k)},
        options=options,
    )


@pytest.mark.full
def test_an_analysis_runs_again_when_its_options_its_inputs_or_nobody_knows_what_changed(shop: Shop):
    value, arguments = analysis_of("value", "a"), shop.arguments("--source", "rees46")

    def ran(*more: str) -> int:
        return sum(
            account.processed for built in perform(value, [*arguments, *more], description="") for account in built.accounts
        )

    # WHEN / THEN nothing changed the second time
    assert [ran(), ran(), ran("--full=true"), ran("--k=2"), ran("--k=2")] == [1, 0, 1, 1, 0]
    assert shop.rows("model_metrics", "job", "metric") == [("value", "a2")]
    # AND another day of sales is something new
    shop.put("rees46", "events", "b.csv", [REES46_HEADER, event("2019-10-02 10:00:00", "purchase", "p1")], day="2026-01-02")
    shop.conform("rees46")
    shop.build("rees46")
    assert [ran("--k=2"), ran("--k=2")] == [1, 0]
    # AND another job fills the same table without touching these rows, and records itself in the ledger
    perform(analysis_of("segment", "b"), arguments, description="")
    assert shop.rows("model_metrics", "job", "metric") == [("segment", "b1"), ("value", "a2")]
    assert {row for row in shop.rows("etl_runs", "job", "table_name") if row[1] == "model_metrics"} == {
        ("segment", "model_metrics"),
        ("value", "model_metrics"),
    }


@pytest.mark.full
def test_two_jobs_write_one_table_at_the_same_time(shop: Shop):
    # GIVEN a job that runs, from its first step to its last, while another one computes
    arguments = shop.arguments("--source", "rees46", "--full=true")
    inner, outer = analysis_of("segment", "inner"), analysis_of("value", "outer")

    def compute(data: AnalysisInput):
        perform(inner, arguments, description="")
        return outer.compute(data)

    # WHEN
    perform(replace(outer, compute=compute), arguments, description="")
    # THEN both have their rows, in the table and in the run history
    assert shop.rows("model_metrics", "job", "metric") == [("segment", "inner1"), ("value", "outer1")]
    recorded = [row for row in shop.rows("etl_runs", "job", "table_name") if row[1] == "model_metrics"]
    assert {job for job, _ in recorded} == {"segment", "value"}


@pytest.mark.full
def test_what_a_job_notices_is_shown_after_the_source(shop: Shop):
    def compute(data: AnalysisInput):
        data.notices.append("nobody came back.")
        return {}

    (built,) = perform(
        replace(analysis_of("value", "x"), compute=compute), shop.arguments("--source=rees46", "--full=true"), description=""
    )
    assert built.notices == ("rees46: nobody came back.",)


def test_a_result_that_breaks_its_contract_leaves_all_as_it_was(shop: Shop):
    perform(analysis_of("value", "good"), shop.arguments("--source", "rees46", "--full=true"), description="")
    before = shop.rows("model_metrics")
    broken = analysis_of("value", "bad")
    twice = replace(broken, compute=lambda data: {"model_metrics": metric(data, "v", "x").union(metric(data, "v", "x"))})
    wrong = replace(broken, compute=lambda data: {"model_metrics": metric(data, "v", "x").drop("score")})
    invalid = replace(broken, compute=lambda data: {"model_metrics": metric(data, "v", "x").replace("test", "guess", ["split"])})
    for analysis, sentence in ((twice, "2 rows for"), (wrong, "glue_jobs/value.py: selects"), (invalid, "rows break split_enum")):
        with pytest.raises(LakeError, match=sentence):
            perform(analysis, shop.arguments("--source", "rees46", "--full=true"), description="")
    assert shop.rows("model_metrics") == before
    failed = [row for row in shop.rows("etl_runs", "job", "table_name", "status", "reason") if row[2] == "failed"]
    assert [row[:3] for row in failed] == [("value", "(run)", "failed")] * 3
    assert any("rows break split_enum" in reason for *_, reason in failed)
