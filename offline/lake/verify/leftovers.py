"""What interrupted runs, renamed tables and removed sources left behind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from contracts import LEDGER_TABLES, TABLE_ZONES
from contracts.zones import Zone
from glue_jobs import manifest
from glue_jobs.lib.source_definition.source import Source
from offline.lake.verify.difference import RUN, Difference, removal
from offline.lake.verify.ledger_rows import LedgerRows
from offline.lake.verify.table_files import TableFile

WORKING_FOLDERS = ("_commits", "_staging")


def check_leftovers(folders: Mapping[str, Path]) -> Iterator[Difference]:
    """Files in the folders where runs work; between two runs they are empty."""
    for zone in TABLE_ZONES:
        for name in WORKING_FOLDERS:
            for folder in sorted((folders[zone] / name).glob("*")):
                if folder.is_file() or any(path.is_file() for path in folder.rglob("*")):
                    yield Difference(_command(folder), str(folder), "an interrupted run left files here")


def check_tables(
    files: Collection[TableFile], sources: Mapping[str, Source], ledger: LedgerRows
) -> Iterator[tuple[str, Difference]]:
    """Folders of tables that a source no longer fills, and of sources that neither exist nor are in the ledger."""
    known = {file.source for file in ledger.files} | {table.source for table in ledger.tables}
    folders = {(file.contract.zone, file.table, file.source): file.path for file in files}
    for (zone, table, source), path in sorted(folders.items()):
        place = next(folder for folder in path.parents if folder.name == f"source={source}")
        if source in sources:
            filled = zone != Zone.PROCESSED or table in (*LEDGER_TABLES, *sources[source].selects)
            if not filled:
                yield source, Difference(removal(place), str(place), f"{source} no longer fills {table}")
        elif source not in known:
            yield source, Difference(removal(place), str(place), f"there is no source {source}, and no run recorded these files")


def _command(folder: Path) -> str:
    if folder.name in {job.name for job in manifest.ANALYSES}:
        return f"shoplake analyze {folder.name}"
    return RUN if folder.name in {job.name for job in manifest.JOBS} else removal(folder)
