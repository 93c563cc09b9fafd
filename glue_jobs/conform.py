"""Raw → processed: every new record is shaped, judged, deduplicated and written, quarantined, or counted as a repetition.

Run as a Glue job, or offline with the same arguments; see `--help`. Touched partitions are always written whole, from all raw
files that touch them, so that any run may be repeated. Memory grows with one partition per task, not with the data.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from contracts.errors import UsageError
from glue_jobs.lib.conform.conform_source import ConformResult, conform_source
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.commit import Committer
from glue_jobs.lib.lake.context import Lake, parse, parser
from glue_jobs.lib.lake.job_metrics import tell
from glue_jobs.lib.source_definition.source_loader import source_names


def main(argv: Sequence[str]) -> list[ConformResult]:
    """Conforms one source or all; what came of each. LakeError when an account does not add up."""
    options = parser(__doc__ or "")
    options.add_argument("--since", help="only raw files with this ingest_date or later (YYYY-MM-DD)")
    options.add_argument("--replay", help="run id whose quarantined rows are to be judged again")
    given = parse(options, argv)
    lake = Lake.open(given)
    Committer(lake.storage, lake.processed).recover()
    names = [given.source] if given.source else source_names(lake.sources)
    replayed = ledger.quarantined_files(lake, given.replay) if given.replay else {}
    if given.replay and not replayed:
        raise UsageError(f"{given.replay}: this run has no rows in quarantine; `shoplake quarantine` lists those that have.")
    return [
        conform_source(lake, name, full=given.full == "true", since=given.since, again=replayed.get(name, frozenset()))
        for name in names
        if not given.replay or name in replayed
    ]


if __name__ == "__main__":
    tell("conform", main, sys.argv[1:])
