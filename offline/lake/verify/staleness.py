"""Tables that are older than what they read, or than their code."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable

from contracts import data_tables, load_all
from contracts.zones import Zone
from glue_jobs import manifest
from glue_jobs.lib.conform.conform_source import source_fingerprint
from glue_jobs.lib.curated.mart_builder import fingerprints, mart_selects
from glue_jobs.lib.source_definition.references import build_order
from glue_jobs.lib.source_definition.source import Source
from offline.lake.verify.difference import RUN, Difference
from offline.lake.verify.ledger_rows import LedgerRows


def check_staleness(source: Source, ledger: LedgerRows, marts: Traversable, *, grain: str) -> Iterator[Difference]:
    """What the next run would do again, even if no raw file changed."""
    yield from _check_processed(source, ledger, grain)
    if any(name == source.name for name, _ in ledger.runs):
        yield from _check_marts(source.name, ledger, marts, grain)
        yield from _check_analyses(source.name, ledger)


def _check_processed(source: Source, ledger: LedgerRows, grain: str) -> Iterator[Difference]:
    loaded = [file for file in ledger.files if file.source == source.name and file.status == "loaded"]
    code = source_fingerprint(source, grain)
    if any(file.fingerprint != code for file in loaded):
        yield Difference(RUN, source.name, "the source, a contract or the grain changed since its files were loaded")
    for file in loaded:
        if (source.name, file.run_id) not in ledger.runs:
            yield Difference(RUN, file.uri, f"was loaded by run {file.run_id}, which the run history lacks")


def _check_marts(source: str, ledger: LedgerRows, marts: Traversable, grain: str) -> Iterator[Difference]:
    selects = mart_selects(marts)
    order = build_order(selects, where="marts")
    codes = fingerprints(grain, selects, order)
    built = {one.table: one for one in ledger.tables if one.source == source and one.job == "marts"}
    # Not the run's own id: a conform with an earlier one may have committed after the marts had read.
    last = max(built.values(), key=lambda one: one.run_id, default=None)
    newer = {table for name, run, table in ledger.changes if name == source and last and run > last.follows}
    for mart, reads in order:
        if mart not in built:
            yield Difference(RUN, f"{source}, {mart}", "was never built")
        elif built[mart].fingerprint != codes[mart]:
            yield Difference(RUN, f"{source}, {mart}", "its SQL or a contract changed since it was built")
        elif stale := sorted(reads & newer):
            yield Difference(RUN, f"{source}, {mart}", f"is older than {', '.join(stale)}, which it reads")
        else:
            continue
        newer.add(mart)


def _check_analyses(source: str, ledger: LedgerRows) -> Iterator[Difference]:
    """Only analyses that ran before: nobody has to run them."""
    for job in manifest.ANALYSES:
        runs = [one.run_id for one in ledger.tables if one.source == source and one.job == job.name]
        reads = tuple(data_tables()) if job.reads == ("processed.*",) else job.reads
        newer = sorted(
            {
                one.table
                for one in ledger.tables
                if one.source == source and one.table in reads and runs and one.run_id > max(runs)
            }
        )
        if newer:
            tables = ", ".join(table for table in job.writes if table in load_all(Zone.CURATED))
            yield Difference(f"shoplake analyze {job.name}", f"{source}, {tables}", f"is older than {', '.join(newer)}")
