"""The lines of metrics that a run prints; alarms are made from them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from contracts.errors import LakeError
from glue_jobs.lib.lake.account import TableAccount, reconcile
from glue_jobs.lib.lake.context import parse, parser
from glue_jobs.lib.lake.job_metrics import emit_metrics


@dataclass(frozen=True)
class Result:
    source: str
    accounts: tuple[TableAccount, ...]
    notices: tuple[str, ...] = ()


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
