"""The lines of metrics that a run prints; alarms are made from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from contracts.errors import LakeError
from glue_jobs.lib.lake.account import TableAccount, reconcile
from glue_jobs.lib.lake.context import parse, parser
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.manifest import METRICS


@dataclass(frozen=True)
class Result:
    source: str
    accounts: tuple[TableAccount, ...]
    notices: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_run_reports_new_records_and_rows_of_all_tables(capsys):
    # GIVEN 200 raw records that became 200 rows of events, 3 of them quarantined, and 40 sessions
    accounts = (
        TableAccount(table="raw_events", read=200, processed=200),
        TableAccount(table="events", read=200, processed=195, quarantined=3, deduplicated=2),
        TableAccount(table="sessions", read=40, processed=40),
    )
    # WHEN
    emit_metrics("conform", lambda _: [Result("shop", accounts)], [])
    # THEN
    printed = lines(capsys)
    assert printed[0] == {
        "shoplake": "run",
        "job": "conform",
        "source": "shop",
        "records": 200,
        "read": 240,
        "processed": 235,
        "quarantined": 3,
        "ratio": 0.0125,
        "unaccounted": 0,
    }
    assert printed[1]["shoplake"] == "end"
    assert printed[1]["seconds"] >= 0


def test_notices_are_printed_after_the_counts(capsys):
    emit_metrics("conform", lambda _: [Result("shop", (), notices=("a.csv no longer exists.",))], [])
    assert lines(capsys)[1] == {"shoplake": "notice", "job": "conform", "source": "shop", "notice": "a.csv no longer exists."}


def test_of_a_jobs_own_figures_the_largest_of_all_sources_is_sent(capsys, cloudwatch):
    results = [
        Result("a", (), figures={"drift": 0.1, "shortfall": -0.2}),
        Result("b", (), figures={"drift": 0.3}),
        Result("c", ()),
    ]
    emit_metrics("scores", lambda _: results, NAMESPACE)
    assert [line for line in lines(capsys) if line["shoplake"] == "figure"][-1] == {
        "shoplake": "figure",
        "job": "scores",
        "source": "b",
        "name": "drift",
        "value": 0.3,
    }
    values = sent(cloudwatch)
    assert (values["scores.drift"], values["scores.shortfall"]) == (0.3, -0.2)


def test_an_empty_run_has_a_ratio_of_zero(capsys):
    emit_metrics("marts", lambda _: [Result("shop", ())], [])
    assert lines(capsys)[0]["ratio"] == 0.0


def test_an_unaccounted_row_has_its_own_metric_and_fails_the_job(capsys):
    # GIVEN the error that conform really raises
    def main(argv):
        return [reconcile(TableAccount(table="events", read=10, processed=9), source="shop")]

    # WHEN
    with pytest.raises(LakeError, match="10 rows were read but 9 are accounted for"):
        emit_metrics("conform", main, [])
    # THEN
    assert [(line["shoplake"], line["unaccounted"]) for line in lines(capsys)] == [("failure", 1)]


def test_an_error_with_the_same_words_is_not_counted_as_unaccounted(capsys):
    def main(argv):
        raise LakeError("shop.events: 10 rows were read but the disk is full")

    with pytest.raises(LakeError):
        emit_metrics("conform", main, [])
    assert [line["unaccounted"] for line in lines(capsys)] == [0]


def test_another_failure_is_not_counted_as_unaccounted(capsys):
    def main(argv):
        raise LakeError("shop: no such source")

    with pytest.raises(LakeError):
        emit_metrics("conform", main, [])
    assert [(line["error"], line["unaccounted"]) for line in lines(capsys)] == [("LakeError", 0)]


def test_a_dash_stands_for_an_argument_that_is_not_given():
    # GIVEN what the state machine passes when its input is empty
    argv = "--raw s3://r --processed s3://p --curated s3://c --source - --full false".split()
    # WHEN / THEN
    given = parse(parser(""), argv)
    assert (given.source, given.full) == (None, "false")


NAMESPACE = ["--metrics_namespace", "shoplake-dev", "--metrics_region", "eu-central-1"]


@pytest.fixture
def cloudwatch(monkeypatch):
    """CloudWatch as moto has it, without any line of our own between."""
    import boto3
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        yield boto3.client("cloudwatch", region_name="eu-central-1")


def sent(cloudwatch) -> dict[str, list[float]]:
    """The values of every metric in the lake's namespace."""
    from datetime import UTC, datetime, timedelta

    now, values = datetime.now(UTC), {}
    for metric in cloudwatch.list_metrics(Namespace="shoplake-dev")["Metrics"]:
        found = cloudwatch.get_metric_statistics(
            Namespace="shoplake-dev", MetricName=metric["MetricName"], StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1), Period=60, Statistics=["Sum", "SampleCount"],
        )["Datapoints"]  # fmt: skip
        assert sum(point["SampleCount"] for point in found) == 1, "one value per run"
        values[metric["MetricName"]] = sum(point["Sum"] for point in found)
    return values


def test_a_deployed_run_sends_each_metric_once(capsys, cloudwatch):
    # GIVEN two shops with 10 and 100 new records, of which 2 and 1 went to quarantine
    def shop(name: str, rows: int, bad: int) -> Result:
        account = TableAccount(table="events", read=rows, processed=rows - bad, quarantined=bad)
        return Result(name, (TableAccount(table="raw_events", read=rows, processed=rows), account))

    # WHEN
    emit_metrics("conform", lambda _: [shop("a", 10, 2), shop("b", 100, 1)], NAMESPACE)
    # THEN the ratio is that of the worse shop
    values = sent(cloudwatch)
    assert values.pop("conform.seconds") >= 0
    assert values == {
        "conform.records": 110,
        "conform.processed": 107,
        "conform.quarantined": 3,
        "conform.ratio": 0.2,
        "conform.unaccounted": 0,
    }
    assert {f"conform.{name}" for name in METRICS} == values.keys() | {"conform.seconds"}


def test_a_run_without_new_rows_says_nothing_about_quarantine(cloudwatch):
    # so that it cannot end the alarm of the run before
    emit_metrics("conform", lambda _: [Result("a", ())], NAMESPACE)
    assert "conform.ratio" not in sent(cloudwatch)
    assert sent(cloudwatch)["conform.unaccounted"] == 0


def test_a_failed_run_sends_only_what_it_knows(cloudwatch):
    def unaccounted(argv):
        return [reconcile(TableAccount(table="events", read=10, processed=9), source="shop")]

    def damaged(argv):
        raise LakeError("shop/a.csv: no header")

    for main, values in ((damaged, {}), (unaccounted, {"conform.unaccounted": 1})):
        with pytest.raises(LakeError):
            emit_metrics("conform", main, NAMESPACE)
        assert sent(cloudwatch) == values


def test_a_run_does_not_fail_for_want_of_metrics(capsys, monkeypatch):
    # GIVEN a CloudWatch that nobody answers for
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    # WHEN
    emit_metrics("marts", lambda _: [Result("a", ())], NAMESPACE)
    # THEN
    assert "The metrics of this run were not sent: " in capsys.readouterr().err


def test_without_a_namespace_nothing_is_sent(capsys, cloudwatch):
    emit_metrics("marts", lambda _: [Result("a", ())], [])
    assert sent(cloudwatch) == {}
