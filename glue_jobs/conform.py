"""Raw → processed: every new record is transformed, checked, and written, quarantined, deduplicated or filtered.

Runs as a Glue job, or offline with the same arguments; see `--help`. Touched partitions are always recomputed from all raw
files that touch them, so any run can be repeated. Memory grows with one partition per task, not with the data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from contracts.errors import UsageError
from contracts.zones import Zone
from glue_jobs.lib.conform.conform_source import ConformResult, conform_source
from glue_jobs.lib.conform.unread import unknown_sources
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake, parse, parser
from glue_jobs.lib.lake.each_source import each_source
from glue_jobs.lib.lake.job_metrics import emit_metrics, notice
from glue_jobs.lib.lake.lease import lease
from glue_jobs.lib.source_definition.source_loader import source_names


def main(argv: Sequence[str]) -> list[ConformResult]:
    """Conforms one source or all, and returns one result per source. LakeError if row counts do not add up."""
    arguments = parser(__doc__ or "")
    arguments.add_argument("--since", help="only raw files with this ingest_date or later (YYYY-MM-DD)")
    arguments.add_argument("--replay", help="id of the run whose quarantined rows are reprocessed")
    arguments.add_argument("--drop_missing", choices=("true", "false"), default="false", help="drop rows of deleted raw files")
    options = parse(arguments, argv)
    lake = Lake.open(options)
    with lease(lake, job="conform"):
        return _conform(lake, options)


def _conform(lake: Lake, options: argparse.Namespace) -> list[ConformResult]:
    committer(lake, Zone.PROCESSED, job="conform").recover()
    names = [options.source] if options.source else source_names(lake.sources)
    unread = [] if options.source else list(unknown_sources(lake.raw, lake.storage.folders(lake.raw), names))
    for sentence in unread:
        notice("conform", sentence)
    replayed = ledger.quarantined_files(lake, options.replay) if options.replay else {}
    if options.replay and not replayed:
        raise UsageError(f"{options.replay}: this run has no rows in quarantine; `shoplake quarantine` lists the runs that have.")

    def conform(name: str) -> ConformResult:
        result = conform_source(
            lake,
            name,
            full=options.full == "true",
            since=options.since,
            again=replayed.get(name, frozenset()),
            drop_missing=options.drop_missing == "true",
        )
        return replace(result, unread=result.unread + len(unread))

    return each_source([name for name in names if not options.replay or name in replayed], conform, healthy=lake.works)


if __name__ == "__main__":
    emit_metrics("conform", main, sys.argv[1:])
