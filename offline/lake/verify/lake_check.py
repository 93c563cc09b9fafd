"""All checks of `shoplake verify`, in one pass over a lake that nothing is writing to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path

from glue_jobs.lib.conform.unread import unknown_kinds, unknown_sources
from glue_jobs.lib.source_definition.source import Source
from glue_jobs.lib.source_definition.source_loader import load_source, source_names
from offline.files import folder_names
from offline.lake.local_lake import LocalLake
from offline.lake.verify.difference import Difference, removal
from offline.lake.verify.ledger_rows import LedgerRows, read_ledger
from offline.lake.verify.leftovers import check_leftovers, check_tables
from offline.lake.verify.raw_files import check_raw
from offline.lake.verify.row_counts import check_counts
from offline.lake.verify.staleness import check_staleness
from offline.lake.verify.table_files import Inventory, take_inventory


def verify(
    lake: LocalLake, *, source: str | None = None, deep: bool = False, marts: Traversable | None = None
) -> list[Difference]:
    """Every difference between raw, ledger, files and row counts, of one source or all; empty for a clean lake.

    `deep` also compares the content of raw files, and reads every page of every table. BusyError while a run holds the lake.
    """
    with lake.locked("run", wait=False):
        definitions = {name: load_source(lake.sources, name) for name in source_names(lake.sources)}
        if source is not None:
            definitions[source] = load_source(lake.sources, source)  # an unknown name is an error
        inventory = take_inventory(lake.folders, deep=deep)
        ledger = read_ledger(inventory.of("etl_files"), inventory.of("etl_runs"))
        checks = _checks(lake, definitions, inventory, ledger, marts or resources.files("glue_jobs") / "marts", deep=deep)
        found = {(name, difference) for name, difference in checks if source in (None, name)}
    return sorted({difference for _, difference in found})


def _checks(
    lake: LocalLake,
    definitions: dict[str, Source],
    inventory: Inventory,
    ledger: LedgerRows,
    marts: Traversable,
    *,
    deep: bool,
) -> Iterator[tuple[str | None, Difference]]:
    """Each difference with the source that it is about, if it is about one."""
    for file in inventory.files:
        if file.problem:
            yield file.source, file.difference()
    grain = lake.grain(None)
    for name, definition in definitions.items():
        known = [file for file in ledger.files if file.source == name]
        raw = check_raw(lake, definition, known, deep=deep)
        counts = check_counts(name, ledger, inventory.files)
        for difference in chain(raw, counts, check_staleness(definition, ledger, marts, grain=grain)):
            yield name, difference
    for difference in chain(inventory.strays, check_leftovers(lake.folders), _unknown_raw(lake, list(definitions.values()))):
        yield None, difference
    for name, difference in check_tables(inventory.files, definitions, ledger):
        yield name, difference


def _unknown_raw(lake: LocalLake, definitions: Sequence[Source]) -> Iterator[Difference]:
    sentences = [
        *unknown_sources(str(lake.raw), folder_names(lake.raw), source_names(lake.sources)),
        *chain.from_iterable(unknown_kinds(str(lake.raw), folder_names(lake.raw / one.name), one) for one in definitions),
    ]
    for sentence in sentences:
        place, _, problem = sentence.partition(": ")
        yield Difference(removal(Path(place)), place, f"{problem.rstrip('.')}; rename it, or remove it")
