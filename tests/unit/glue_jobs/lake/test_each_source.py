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


@pytest.mark.parametrize("error", [UsageError("--k_max 0: expected 1 or more."), RuntimeError("Spark is gone")])
def test_what_no_other_source_would_survive_ends_the_job(error: Exception) -> None:
    tried = []

    def fail(source: str) -> Result:
        tried.append(source)
        raise error

    with pytest.raises(type(error)):
        each_source(["a", "b"], fail)
    assert tried == ["a"]


def test_metrics_cover_the_processed_sources_and_count_unaccounted_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(LakeError):
        emit_metrics("conform", lambda _: each_source(["a", "b", "c", "d"], run), [])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["shoplake"], line.get("source")) for line in lines] == [("run", "a"), ("run", "c"), ("failure", None)]
    assert (lines[-1]["error"], lines[-1]["unaccounted"]) == ("PartialFailureError", 1)
