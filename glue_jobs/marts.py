"""Processed → curated: rebuilds every mart whose inputs changed, in the order of their dependencies.

Runs as a Glue job, or offline with the same arguments; see `--help`. Marts with an `incremental` contract are rebuilt only in
the periods that changed, the others entirely, one source at a time. Each mart is checked against its contract before it
becomes visible.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from contracts.zones import Zone
from glue_jobs.lib.curated.mart_builder import build_source
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake, parse, parser
from glue_jobs.lib.lake.each_source import each_source
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.lease import lease
from glue_jobs.lib.source_definition.source_loader import source_names


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Builds the marts of one source or all, and returns one result per source. LakeError if a mart breaks its contract."""
    options = parse(parser(__doc__ or ""), argv)
    lake = Lake.open(options)
    with lease(lake, job="marts"):
        committer(lake, Zone.PROCESSED, job="marts").recover()
        committer(lake, Zone.CURATED, job="marts").recover()
        names = [options.source] if options.source else source_names(lake.sources)
        return each_source(names, lambda name: build_source(lake, name, full=options.full == "true"), healthy=lake.works)


if __name__ == "__main__":
    emit_metrics("marts", main, sys.argv[1:])
