"""Metrics of a run: to CloudWatch where the job is deployed, and as lines of JSON on stdout for those who read the log.

A line is an object with `shoplake` = "run" (row counts of one source in one run), "figure" (a value of the job's own), "notice"
(a sentence that somebody should read), "failure" (the run ended in an error) or "end" (its duration). Metrics are sent through
the API, because Glue may merge several lines into one log event. A run sends each metric once, so that a period of CloudWatch
never splits a run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from contracts.errors import LakeError, PartialFailureError, UnaccountedError, marked
from glue_jobs.lib.lake.account import TableAccount

# Metrics are not worth a hanging job.
CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 5, 10, 3


class Result(Protocol):
    """What a job's main returns for each source."""

    @property
    def source(self) -> str: ...
    @property
    def accounts(self) -> Sequence[TableAccount]: ...


def emit_metrics(job: str, main: Callable[[Sequence[str]], Iterable[Result]], argv: Sequence[str]) -> None:
    """Runs a job's main and emits its metrics; a failure is raised again, with its mark."""
    clock = time.monotonic()
    try:
        values = _emit_results(job, main(argv))
    except Exception as error:
        _send(job, _emit_failure(job, error), argv)
        if isinstance(error, LakeError):
            error.args = (marked(error),)
        raise
    seconds = round(time.monotonic() - clock, 1)
    _write({"shoplake": "end", "job": job, "seconds": seconds})
    _send(job, {**values, "seconds": seconds}, argv)


def notice(job: str, sentence: str, *, source: str | None = None) -> None:
    """Writes a sentence that somebody should read, about a source or about the lake."""
    _write({"shoplake": "notice", "job": job, **({"source": source} if source else {}), "notice": sentence})


def _emit_results(job: str, results: Iterable[Any]) -> dict[str, float]:
    """Writes the lines of all sources; the metrics of the run. Only a run that has read rows has a ratio.

    Of a job's own figures the largest of all sources is sent.
    """
    lines: list[dict[str, Any]] = []
    figures: dict[str, float] = {}
    for result in results:
        lines.append(run_line(job, result))
        _write(lines[-1])
        for name, value in getattr(result, "figures", {}).items():
            figures[name] = max(value, figures.get(name, value))
            _write({"shoplake": "figure", "job": job, "source": result.source, "name": name, "value": value})
        for sentence in getattr(result, "notices", ()):
            notice(job, sentence, source=result.source)
    values = {name: float(sum(line[name] for line in lines)) for name in ("records", "processed", "quarantined", "unaccounted")}
    ratios = [line["ratio"] for line in lines if line["read"]]
    return values | ({"ratio": max(ratios)} if ratios else {}) | figures


def _emit_failure(job: str, error: Exception) -> dict[str, float]:
    """Writes the lines of a failed run; its metrics, of the sources that did not fail if there are any."""
    partial = error if isinstance(error, PartialFailureError) else None
    values = _emit_results(job, partial.results) if partial else {}
    errors = partial.errors.values() if partial else [error]
    broken = sum(isinstance(one, UnaccountedError) for one in errors)
    _write({"shoplake": "failure", "job": job, "error": type(error).__name__, "reason": str(error), "unaccounted": broken})
    return values | ({"unaccounted": float(broken)} if broken else {})


def _send(job: str, values: Mapping[str, float], argv: Sequence[str]) -> None:
    """Sends the metrics to the namespace that the arguments name, if any. A failure to do so is written to stderr."""
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--metrics_namespace")
    parser.add_argument("--metrics_region")
    options = parser.parse_known_args(list(argv))[0]
    if not options.metrics_namespace or not values:
        return
    import boto3  # noqa: PLC0415 - slow to import, and of no use to runs that send nothing
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    now = datetime.now(UTC)
    data = [{"MetricName": f"{job}.{name}", "Timestamp": now, "Value": value} for name, value in values.items()]
    limits = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": ATTEMPTS})
    try:
        cloudwatch = boto3.client("cloudwatch", region_name=options.metrics_region, config=limits)
        cloudwatch.put_metric_data(Namespace=options.metrics_namespace, MetricData=data)
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"The metrics of this run were not sent: {error}\n")


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
