"""Metrics of a run: one line of JSON per source on stdout, from which the deployment derives metrics and alarms.

A line is an object with `shoplake` = "run" (row counts of one source in one run), "notice" (a sentence that somebody should
read), "failure" (the run ended in an error) or "end" (its duration).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from contracts.errors import LakeError, PartialFailureError, UnaccountedError, marked
from glue_jobs.lib.lake.account import TableAccount


class Result(Protocol):
    """What a job's main returns for each source."""

    @property
    def source(self) -> str: ...
    @property
    def accounts(self) -> Sequence[TableAccount]: ...


def emit_metrics(job: str, main: Callable[[Sequence[str]], Iterable[Result]], argv: Sequence[str]) -> None:
    """Runs a job's main and prints one line per source, or one for the failure, which is raised again with its mark."""
    clock = time.monotonic()
    try:
        _emit_results(job, main(argv))
    except Exception as error:
        errors: Iterable[Exception] = [error]
        if isinstance(error, PartialFailureError):
            _emit_results(job, error.results)
            errors = error.errors.values()
        broken = sum(isinstance(one, UnaccountedError) for one in errors)
        _write({"shoplake": "failure", "job": job, "error": type(error).__name__, "reason": str(error), "unaccounted": broken})
        if isinstance(error, LakeError):
            error.args = (marked(error),)
        raise
    _write({"shoplake": "end", "job": job, "seconds": round(time.monotonic() - clock, 1)})


def _emit_results(job: str, results: Iterable[Any]) -> None:
    for result in results:
        _write(run_line(job, result))
        for notice in getattr(result, "notices", ()):
            _write({"shoplake": "notice", "job": job, "source": result.source, "notice": notice})


def run_line(job: str, result: Result) -> dict[str, Any]:
    """Row counts of one source in one run. `records` are new raw records; `ratio` is the quarantined share."""
    raw = [account for account in result.accounts if account.table.startswith("raw_")]
    tables = [account for account in result.accounts if account not in raw]
    read, quarantined = sum(table.read for table in tables), sum(table.quarantined for table in tables)
    return {
        "shoplake": "run",
        "job": job,
        "source": result.source,
        "records": sum(account.read for account in raw),
        "read": read,
        "processed": sum(table.processed for table in tables),
        "quarantined": quarantined,
        "ratio": round(quarantined / read, 6) if read else 0.0,
        "unaccounted": 0,
    }


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
