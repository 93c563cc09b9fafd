"""A run that fails says so in the lake's own books, beside those that succeed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from contracts.errors import LakeError
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.account import TableAccount
from glue_jobs.lib.lake.commit import Commit, Committer
from glue_jobs.lib.lake.context import Lake

RUN = "(run)"


@contextmanager
def told(lake: Lake, source: str, *, job: str) -> Iterator[str]:
    """Gives the id of a new run; if it raises, `etl_runs` gets a row with the reason, and the error goes on its way.

    Only a LakeError's own sentence is written down: what an engine says of a fault may quote the data.
    """
    run_id, started = ledger.new_run_id(), datetime.now(UTC)
    try:
        yield run_id
    except Exception as error:
        reason = str(error) if isinstance(error, LakeError) else type(error).__name__
        try:
            _write_down(lake, source, job=job, run_id=run_id, started=started, reason=reason)
        except Exception as second:  # noqa: BLE001 - whatever it is, the first error is the one to tell
            error.add_note(f"etl_runs could not be told of it: {type(second).__name__}.")
        raise


def _write_down(lake: Lake, source: str, *, job: str, run_id: str, started: datetime, reason: str) -> None:
    account = TableAccount(RUN, 0, 0)
    row = account.row(job=job, run_id=run_id, fingerprint="", started=started, finished=datetime.now(UTC), reason=reason)
    # Not the run's own id: what it has committed may still have to be applied.
    commit, committer = Commit(f"{run_id}-failed"), Committer(lake.storage, lake.processed)
    ledger.record(lake, commit, "etl_runs", [row], source=source, staging=committer.staging(commit.run_id))
    committer.commit(commit)
