"""Processed → curated: every mart that something new reaches is built again, in the order that its SQL implies.

Run as a Glue job, or offline with the same arguments; see `--help`. A mart whose contract says `incremental` is rewritten only
in the periods that changed; the others whole, for one source at a time. What a mart promises is checked before it is visible.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from glue_jobs.lib.curated.mart_builder import build_source
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.commit import Committer
from glue_jobs.lib.lake.context import Lake, parse, parser
from glue_jobs.lib.lake.job_metrics import tell
from glue_jobs.lib.source_definition.source_loader import source_names


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Builds the marts of one source or of all; what was built. LakeError when a mart breaks its contract."""
    given = parse(parser(__doc__ or ""), argv)
    lake = Lake.open(given)
    Committer(lake.storage, lake.processed).recover()
    Committer(lake.storage, lake.curated).recover()
    names = [given.source] if given.source else source_names(lake.sources)
    return [build_source(lake, name, full=given.full == "true") for name in names]


if __name__ == "__main__":
    tell("marts", main, sys.argv[1:])
