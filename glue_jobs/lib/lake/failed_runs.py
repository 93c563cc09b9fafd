"""Failed runs get a row in `etl_runs`, like those that succeed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from contracts.errors import LakeError
from contracts.zones import Zone
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.account import TableAccount
from glue_jobs.lib.lake.commit import Commit
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.damage import find_damage

RUN = "(run)"


@contextmanager
def recording_failure(lake: Lake, source: str, *, job: str) -> Iterator[str]:
    """Yields the id of a new run. If the block raises, records the reason in `etl_runs` and raises the error again.

    Only the message of a LakeError is recorded; other messages may quote data.
    """
    run_id, started = ledger.new_run_id(lake, source), datetime.now(UTC)
    try:
        yield run_id
    except Exception as error:
        damage = find_damage(lake, source, error)
        reason = str(damage or error) if damage or isinstance(error, LakeError) else type(error).__name__
        try:
            _record_failure(lake, source, job=job, run_id=run_id, started=started, reason=reason)
        except Exception as second:  # noqa: BLE001 - the first error is the one to report
            error.add_note(f"The failure could not be recorded in etl_runs: {type(second).__name__}.")
        if damage:
            raise damage from error
        raise


def _record_failure(lake: Lake, source: str, *, job: str, run_id: str, started: datetime, reason: str) -> None:
    account = TableAccount(RUN, 0, 0)
    row = account.row(job=job, run_id=run_id, fingerprint="", started=started, finished=datetime.now(UTC), reason=reason)
    # An id of its own: a commit of the run itself may still have to be applied.
    commit, commits = Commit(f"{run_id}-failed"), committer(lake, Zone.PROCESSED, job=job)
    ledger.record(lake, commit, "etl_runs", [row], source=source, staging=commits.staging(commit.run_id))
    commits.commit(commit)
