"""The committer of each job: which tables it writes in which zone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from contracts import load_all
from contracts.zones import Zone
from glue_jobs.lib.lake.commit import Committer
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.lease import check_lease


def committer(lake: Lake, zone: Zone, *, job: str, tables: Sequence[str] = (), stem: str = "part") -> Committer:
    """Commits of a job in a zone.

    In the processed zone conform writes every table, and every other job its run history alone. In the curated zone `tables`
    (default: all) and `stem` limit an analysis to its own files: several analyses may write one table.
    """
    check = partial(check_lease, lake, job=job)
    if zone == Zone.PROCESSED:
        own = tuple(load_all(zone)) if job == "conform" else ("etl_runs",)
        return Committer(lake.storage, lake.processed, job=job, tables=own, check=check)
    own = tuple(tables) or tuple(load_all(zone))
    return Committer(lake.storage, lake.curated, job=job, tables=own, stem=stem, check=check)
