"""A source that fails does not stop the others, and the job still ends with an error that names it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from contracts.errors import LakeError, PartialFailureError, SourceError, UnaccountedError, UsageError
from glue_jobs.lib.lake.each_source import each_source
from glue_jobs.lib.lake.job_metrics import emit_metrics


@dataclass(frozen=True)
class Result:
    source: str
    accounts: tuple[object, ...] = ()


def run(source: str) -> Result:
    """Shops b and d fail."""
    if source == "b":
        raise SourceError("b/source.yaml: title is missing; add it.")
    if source == "d":
        raise UnaccountedError("d.events: 2 rows were read but 1 is accounted for.")
    return Result(source)


def test_sources_after_a_failed_one_are_processed() -> None:
    with pytest.raises(PartialFailureError) as failure:
        each_source(["a", "b", "c", "d", "e"], run)

    assert [result.source for result in failure.value.results] == ["a", "c", "e"]
    assert {source: type(error) for source, error in failure.value.errors.items()} == {"b": SourceError, "d": UnaccountedError}
    assert str(failure.value) == (
        "2 of 5 sources failed; the others were processed. b: b/source.yaml: title is missing; add it. "
        "d: d.events: 2 rows were read but 1 is accounted for."
    )


def test_without_a_failure_there_are_results() -> None:
    assert [result.source for result in each_source(["a", "c"], run)] == ["a", "c"]


def test_the_failure_of_an_only_source_keeps_its_class() -> None:
    with pytest.raises(SourceError, match=r"^b/source\.yaml: title is missing"):
        each_source(["b"], run)


def test_an_error_that_all_sources_share_is_raised_as_it_is() -> None:
    def fail(source: str) -> Result:
        raise UsageError("--k_max 0: expected 1 or more.")

    with pytest.raises(UsageError, match=r"^--k_max 0: expected 1 or more\.$"):
        each_source(["a", "b"], fail)


def test_a_usage_error_of_one_source_stops_no_other() -> None:
    # GIVEN a SELECT of shop a that Spark cannot plan
    def fail(source: str) -> Result:
        if source == "a":
            raise UsageError("a/orders.sql: no such column: prise.")
        return Result(source)

    with pytest.raises(PartialFailureError, match=r"1 of 2 sources failed.* a: a/orders\.sql") as failure:
        each_source(["a", "b"], fail)
    assert [result.source for result in failure.value.results] == ["b"]


def test_without_spark_the_job_ends() -> None:
    tried = []

    def fail(source: str) -> Result:
        tried.append(source)
        raise RuntimeError("Spark is gone")

    with pytest.raises(RuntimeError):
        each_source(["a", "b"], fail)
    assert tried == ["a"]


@pytest.mark.parametrize(("healthy", "tried"), [(True, ["a", "b", "c"]), (False, ["a", "b"])])
def test_after_an_unknown_error_the_others_go_on_if_spark_still_works(
    healthy: bool,  # noqa: FBT001
    tried: list[str],
) -> None:
    # GIVEN a damaged Parquet file of shop b
    seen = []

    def fail(source: str) -> Result:
        seen.append(source)
        if source == "b":
            raise RuntimeError("\n  b/part-0.parquet is not a Parquet file.\n  at org.apache.spark")
        return Result(source)

    # WHEN
    with pytest.raises(PartialFailureError if healthy else RuntimeError) as failure:
        each_source(["a", "b", "c"], fail, healthy=lambda: healthy)
    # THEN
    assert seen == tried
    if isinstance(failure.value, PartialFailureError):
        assert str(failure.value.errors["b"]) == "RuntimeError: b/part-0.parquet is not a Parquet file."
        assert failure.value.may_pass


def test_metrics_cover_the_processed_sources_and_count_unaccounted_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LakeError):
        emit_metrics("conform", lambda _: each_source(["a", "b", "c", "d"], run), [])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["shoplake"], line.get("source")) for line in lines] == [("run", "a"), ("run", "c"), ("failure", None)]
    assert (lines[-1]["error"], lines[-1]["unaccounted"]) == ("PartialFailureError", 1)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("b", "[source, final] b/source.yaml: title is missing; add it."),
        ("d", "[unaccounted, final] d.events: 2 rows were read but 1 is accounted for."),
    ],
)
def test_a_job_run_ends_with_the_mark_that_the_batch_reads(source: str, message: str) -> None:
    with pytest.raises(LakeError) as failure:
        emit_metrics("conform", lambda _: each_source([source], run), [])
    assert str(failure.value) == message
