"""The Parquet files of a lake's tables: where they lie, what their footers hold, and what else is in the folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from contracts import LEDGER_TABLES, TABLE_ZONES, Contract, load_all
from glue_jobs import manifest
from glue_jobs.lib.lake.damage import rebuild_command
from offline.athena import damage
from offline.lake.verify.difference import FULL, RUN, Difference, removal

THREADS = 8
LACKS = "lacks the column"
BUILDERS = ("conform", "marts")  # their files are named part-…


@dataclass(frozen=True)
class TableFile:
    """One Parquet file of a table, and the rows in its footer; `problem` says why it cannot be used."""

    path: Path
    contract: Contract
    source: str
    partition: str
    rows: int = 0
    problem: str = ""

    @property
    def table(self) -> str:
        return self.contract.name

    @property
    def job(self) -> str:
        """The job that wrote it."""
        stem = self.path.name.rpartition("-")[0]
        if stem in {job.name for job in manifest.ANALYSES}:
            return stem
        return BUILDERS[self.contract.zone == "curated"]

    def difference(self) -> Difference:
        ledger, remedy = self.table in LEDGER_TABLES, rebuild_command(str(self.path))
        if ledger and self.problem.startswith(LACKS):
            remedy = FULL
        elif ledger and not damage(self.path):
            # A run does not read every page of the ledger.
            remedy = f"{removal(self.path)} && {RUN}"
        return Difference(remedy, str(self.path), self.problem)


@dataclass(frozen=True)
class Inventory:
    """All Parquet files of the tables, and paths that are no part of any table."""

    files: tuple[TableFile, ...]
    strays: tuple[Difference, ...]

    def of(self, table: str) -> list[Path]:
        """The readable files of a table."""
        return [file.path for file in self.files if file.table == table and not file.problem]


def take_inventory(folders: Mapping[str, Path], *, deep: bool) -> Inventory:
    """Reads the footer of every Parquet file; with `deep`, all of its pages."""
    candidates: list[tuple[Path, Contract, tuple[str, ...]]] = []
    strays: list[Difference] = []
    for zone in TABLE_ZONES:
        contracts = load_all(zone)
        for folder in _visible(folders[zone]):
            if folder.name not in contracts:
                strays.append(Difference(removal(folder), str(folder), "no table has this name; nothing reads or writes it"))
                continue
            for path in _leaves(folder):
                contract, values = contracts[folder.name], _values(path, folder, contracts[folder.name])
                if values is None or not _is_written_by_a_job(path, contract):
                    strays.append(Difference(removal(path), str(path), f"no job writes this file of {contract.name}"))
                else:
                    candidates.append((path, contract, values))
    with ThreadPoolExecutor(THREADS) as pool:
        files = pool.map(lambda one: _read(*one, deep=deep), candidates)
        return Inventory(tuple(files), tuple(strays))


def _visible(folder: Path) -> list[Path]:
    """What readers see in a folder; they skip names that begin with _ or a dot."""
    return sorted(entry for entry in folder.glob("*") if not entry.name.startswith(("_", ".")))


def _leaves(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        yield folder
        return
    for entry in _visible(folder):
        if entry.is_dir() and entry.suffix != ".parquet":
            yield from _leaves(entry)
        else:
            yield entry


def _values(path: Path, folder: Path, contract: Contract) -> tuple[str, ...] | None:
    """The partition values in the file's folders; None if they are not those of the table."""
    names = [part.partition("=") for part in path.relative_to(folder).parts[:-1]]
    expected = list(contract.partition_columns)
    return tuple(value for _, _, value in names) if [name for name, _, _ in names] == expected else None


def _is_written_by_a_job(path: Path, contract: Contract) -> bool:
    if path.suffix != ".parquet":
        return False
    if contract.name in LEDGER_TABLES and contract.name != "quarantine":
        return True
    writers = {job.name for job in manifest.ANALYSES if contract.name in job.writes}
    return path.name.rpartition("-")[0] in (writers or {"part"})


def _read(path: Path, contract: Contract, values: tuple[str, ...], *, deep: bool) -> TableFile:
    file = TableFile(path, contract, source=values[0], partition=values[-1])
    if problem := damage(path, pages=deep):
        return TableFile(**{**vars(file), "problem": problem})
    import pyarrow.parquet  # noqa: PLC0415 - slow to import

    footer = pyarrow.parquet.read_metadata(path)
    columns = set(footer.schema.to_arrow_schema().names)
    missing = [column.name for column in contract.data_columns if column.name not in columns]
    problem = f"{LACKS} {missing[0]}" if missing else ""
    return TableFile(**{**vars(file), "rows": footer.num_rows, "problem": problem})
