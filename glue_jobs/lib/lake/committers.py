"""The committer of each job: which tables it writes in which zone, from the manifest."""

from __future__ import annotations

from contracts import Zone, load_all
from glue_jobs import manifest
from glue_jobs.lib.lake.commit import Committer
from glue_jobs.lib.lake.context import Lake


def committer(lake: Lake, zone: Zone, *, job: str) -> Committer:
    """Commits of a job in a zone. Every job but conform writes only its run history in the processed zone."""
    writes, tables = manifest.job(job).writes, load_all(zone)
    uri = {Zone.PROCESSED: lake.processed, Zone.CURATED: lake.curated}[zone]
    own = tables if f"{zone}.*" in writes else [table for table in writes if table in tables]
    if zone == Zone.PROCESSED:
        return Committer(lake.storage, uri, job=job, tables=own or ("etl_runs",))
    return Committer(lake.storage, uri, job=job, tables=own, stem=file_stem(job))


def file_stem(job: str) -> str:
    """What the names of the job's curated files begin with: several analyses may write one table."""
    return job if manifest.job(job).is_analysis else "part"
