"""Raw files, processed partitions and ledger rows that were there after an earlier run and no longer exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contracts.document import few
from contracts.errors import SourceError
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.ledger import KnownFile, recorded_runs
from glue_jobs.lib.lake.presence import lost_notice, lost_partitions, recorded_rows
from glue_jobs.lib.source_definition.source import Source

NAMED = 3  # files in one sentence
QUARANTINE = "quarantine/"


def missing_notice(uri: str) -> str:
    return (
        f"{uri}: this raw file was loaded before and no longer exists; restore it, or run with --drop-missing (or --full) to "
        "drop its rows."
    )


def missing_error(source: str, uris: Iterable[str]) -> SourceError:
    """The error of a run that would have to rebuild a partition without these files."""
    return SourceError(
        f"{source}: {few(sorted(uris), NAMED)} no longer exists, and partitions with its rows must be rebuilt; restore it, or "
        "run with --drop-missing (or --full) to drop its rows."
    )


@dataclass(frozen=True)
class Losses:
    """What `find` missed: partitions as 'table/period', and raw files whose run is not in the run history."""

    partitions: frozenset[str] = frozenset()
    unrecorded: frozenset[str] = frozenset()

    def touching(self, files: Mapping[str, KnownFile]) -> frozenset[str]:
        """The files to load again: those with rows in the periods of the lost partitions, and the unrecorded ones."""
        periods = set(map(_period, self.partitions))
        return self.unrecorded | {uri for uri, file in files.items() if periods & set(map(_period, file.partitions))}

    def needs_all(self, files: Mapping[str, KnownFile]) -> bool:
        """Whether no file is known for a lost partition: its rows came from a lookup, or it is one of quarantine."""
        periods = {_period(partition) for file in files.values() for partition in file.partitions}
        return any(part.startswith(QUARANTINE) or _period(part) not in periods for part in self.partitions)

    def notices(self, source: str) -> list[str]:
        notices = [lost_notice(source, self.partitions, zone="processed", origin="raw")] if self.partitions else []
        if self.unrecorded:
            names = few(sorted(self.unrecorded), NAMED)
            notices.append(f"{source}: the run history lacks the run that loaded {names}; loading it again.")
        return notices


def find(lake: Lake, source: Source, current: Mapping[str, KnownFile]) -> Losses:
    """Compares the run history with these files and with the partitions that have files now.

    Marts learn from the run history which partitions changed, so a file whose run it lacks must be loaded again.
    """
    if not current:
        return Losses()
    recorded = recorded_rows(lake, source.name, job="conform")
    filled = {partition: 1 for file in current.values() for partition in file.partitions}
    tables = (*source.selects, QUARANTINE.rstrip("/"))
    expected = {partition: rows for partition, rows in {**filled, **recorded}.items() if partition.partition("/")[0] in tables}
    runs = recorded_runs(lake, source.name, job="conform")
    return Losses(
        partitions=frozenset(lost_partitions(lake, source.name, expected)),
        unrecorded=frozenset(uri for uri, file in current.items() if file.run_id not in runs),
    )


def _period(partition: str) -> str:
    return partition.partition("/")[2]
