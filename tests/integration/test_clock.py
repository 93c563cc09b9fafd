"""A run under a clock that is ahead does not hide later changes from later runs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from glue_jobs.lib.conform import conform_source
from glue_jobs.lib.conform.publishing import publish
from glue_jobs.lib.conform.run import Run
from glue_jobs.lib.lake import ledger
from tests.support.shops import REES46_HEADER, Shop, event

pytestmark = pytest.mark.usefixtures("interpreted")


@pytest.mark.full
def test_marts_follow_changes_after_a_run_in_the_future(
    spark: SparkSession, lake_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a lake that was built when the clock showed 2091
    shop = Shop(spark, lake_root, "clock", only_marts=("fct_sessions",))
    shop.put("rees46", "events", "0.csv", [REES46_HEADER, event("2019-10-07 10:00:00", "view", "p1", session="s1")])
    with monkeypatch.context() as ahead:
        ahead.setattr(ledger, "_now", lambda: datetime(2091, 5, 1, tzinfo=UTC))
        shop.conform("rees46")
        shop.build("rees46")
    # WHEN another file arrives after the clock was set right
    shop.put("rees46", "events", "1.csv", [REES46_HEADER, event("2019-10-08 10:00:00", "view", "p2", session="s2")])
    conformed = shop.conform("rees46")
    shop.build("rees46")
    # THEN the mart has both sessions, and the run says what is wrong
    assert [session for (session,) in shop.rows("fct_sessions", "session_id")] == ["s1", "s2"]
    assert conformed.notices[0].startswith("The newest recorded run is dated 2091-05-01 00:00:00 UTC, in the future; run ids")
    # AND ids keep the order of the runs
    ids = [run_id for run_id, _ in sorted(shop.rows("etl_runs", "run_id", "finished_at"), key=lambda row: row[1])]
    assert ids == sorted(ids)


@pytest.mark.full
def test_marts_follow_a_conform_that_commits_after_they_have_read(
    spark: SparkSession, lake_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN marts that read while a conform is about to commit, and that are recorded under a later id
    shop = Shop(spark, lake_root, "overtaken", only_marts=("fct_sessions",))
    shop.put("rees46", "events", "0.csv", [REES46_HEADER, event("2019-10-07 10:00:00", "view", "p1", session="s1")])
    shop.conform("rees46")
    shop.put("rees46", "events", "1.csv", [REES46_HEADER, event("2019-10-08 10:00:00", "view", "p2", session="s2")])
    with monkeypatch.context() as patched:

        def publish_late(run: Run) -> None:
            shop.build("rees46")
            publish(run)

        patched.setattr(conform_source, "publish", publish_late)
        shop.conform("rees46")
    assert [session for (session,) in shop.rows("fct_sessions", "session_id")] == ["s1"]
    stale = [one.problem for one in shop.differences(source="rees46") if one.place == "rees46, fct_sessions"]
    assert stale == ["is older than events, which it reads"]
    # WHEN marts run again
    shop.build("rees46")
    # THEN they have what that conform committed
    assert [session for (session,) in shop.rows("fct_sessions", "session_id")] == ["s1", "s2"]


def test_without_such_a_run_nothing_is_reported() -> None:
    assert ledger.clock_notices(f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-abc123") == ()
