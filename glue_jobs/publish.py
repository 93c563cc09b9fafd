"""Publish customers, recommendations and related products of curated to the table of the serving API.

Runs as a Glue job, or offline with the same arguments; see `--help`. Each source has a version of its own, which becomes visible
when it is complete; only documents that changed are written. The job writes no table of the lake.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from pyspark.sql import DataFrame

from contracts.errors import UsageError
from glue_jobs import manifest
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake import failed_runs
from glue_jobs.lib.lake.context import Lake, parse, parser
from glue_jobs.lib.lake.each_source import each_source
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.lease import lease
from glue_jobs.lib.publishing.documents import documents, last_day
from glue_jobs.lib.publishing.publication import Publication
from glue_jobs.lib.source_definition.source_loader import source_names
from lambdas.common.table import Table
from lambdas.serving.published import BUCKETS, KINDS

JOB = "publish"


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Publishes one source or all; returns one result per source, with a notice of what changed."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--serving_table", required=True, help="DynamoDB table of the serving API")
    options = parse(arguments, argv)
    if not options.serving_table:
        raise UsageError("--serving_table: expected the name of a DynamoDB table; turn on live_path in the settings.")
    lake = Lake.open(options)
    table = Table(options.serving_table)
    with lease(lake, job=JOB):
        names = [options.source] if options.source else source_names(lake.sources)
        return each_source(names, lambda name: _publish(lake, table, name), healthy=lake.works)


def _publish(lake: Lake, table: Table, source: str) -> BuildResult:
    with failed_runs.recording_failure(lake, source, job=JOB) as run_id:
        tables = {name: lake.read(name, source=source) for name in manifest.job(JOB).reads}
        publication = Publication(table, source)
        partitions = _partitions(documents(tables))
        following = next(partitions, None)
        if following is None and not publication.current:
            return BuildResult(source, "")
        for place in ((kind, bucket) for kind in sorted(KINDS) for bucket in range(BUCKETS)):
            if following and following[0] == place:
                publication.compare(*place, following[1])
                following = next(partitions, None)
            else:
                publication.compare(*place, {})
        day = last_day(tables)
        publication.switch(published_at=int(datetime.now(UTC).timestamp()), as_of=day.isoformat() if day else None)
        counts = publication.counts
        notice = f"{source}: {counts.written} documents published, {counts.unchanged} unchanged, {counts.removed} removed."
        return BuildResult(source, run_id, notices=(notice,))


def _partitions(rows: DataFrame) -> Iterator[tuple[tuple[str, int], dict[str, str]]]:
    """Documents by id, for each kind and bucket that has some, in order; the driver holds one bucket at a time."""
    for place, group in groupby(rows.toLocalIterator(), key=lambda row: (row["kind"], row["bucket"])):
        yield place, {row["id"]: row["data"] for row in group}


if __name__ == "__main__":
    emit_metrics(JOB, main, sys.argv[1:])
