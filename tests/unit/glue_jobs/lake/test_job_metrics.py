"""The lines by which a run tells what it did, from which alarms are made."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from contracts.errors import LakeError
from glue_jobs.lib.lake.account import TableAccount, reconcile
from glue_jobs.lib.lake.context import parse, parser
from glue_jobs.lib.lake.job_metrics import emit_metrics


@dataclass(frozen=True)
class Came:
    source: str
    accounts: tuple[TableAccount, ...]
    notices: tuple[str, ...] = ()


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_run_tells_new_records_and_rows_of_all_tables(capsys):
    # GIVEN 200 raw records that became 200 rows of events, 3 of them quarantined, and 40 sessions
    accounts = (
        TableAccount(table="raw_events", read=200, processed=200),
        TableAccount(table="events", read=200, processed=195, quarantined=3, deduplicated=2),
        TableAccount(table="sessions", read=40, processed=40),
    )
    # WHEN
    emit_metrics("conform", lambda _: [Came("shop", accounts)], [])
    # THEN
    told = lines(capsys)
    assert told[0] == {
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
    assert told[1]["shoplake"] == "end"
    assert told[1]["seconds"] >= 0


def test_what_somebody_ought_to_read_is_told_beside_the_figures(capsys):
    emit_metrics("conform", lambda _: [Came("shop", (), notices=("a.csv is gone.",))], [])
    assert lines(capsys)[1] == {"shoplake": "notice", "job": "conform", "source": "shop", "notice": "a.csv is gone."}


def test_nothing_to_do_is_no_division_by_zero(capsys):
    emit_metrics("marts", lambda _: [Came("shop", ())], [])
    assert lines(capsys)[0]["ratio"] == 0.0


def test_an_account_that_does_not_reconcile_is_told_apart_and_still_fails_the_job(capsys):
    # GIVEN the error that conform really raises
    def main(argv):
        return [reconcile(TableAccount(table="events", read=10, processed=9), source="shop")]

    # WHEN
    with pytest.raises(LakeError, match="10 rows were read but 9 are accounted for"):
        emit_metrics("conform", main, [])
    # THEN
    assert [(line["shoplake"], line["unaccounted"]) for line in lines(capsys)] == [("failure", 1)]


def test_another_error_in_the_same_words_is_none_of_the_account(capsys):
    def main(argv):
        raise LakeError("shop.events: 10 rows were read but the disk is full")

    with pytest.raises(LakeError):
        emit_metrics("conform", main, [])
    assert [line["unaccounted"] for line in lines(capsys)] == [0]


def test_another_failure_is_none_of_the_account(capsys):
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
