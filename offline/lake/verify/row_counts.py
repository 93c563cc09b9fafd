"""Rows that the run history recorded against the rows that the files hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contracts import load_all
from offline.console.render import count
from offline.lake.verify.difference import Difference
from offline.lake.verify.ledger_rows import LedgerRows, WrittenPartition
from offline.lake.verify.table_files import BUILDERS, TableFile


@dataclass
class _Held:
    """The files of one partition that one job wrote."""

    rows: int = 0
    files: list[TableFile] = field(default_factory=list)


def check_counts(source: str, ledger: LedgerRows, files: Sequence[TableFile]) -> Iterator[Difference]:
    """Partitions that are gone, hold more or fewer rows than recorded, or that no run recorded."""
    held = _held([file for file in files if file.source == source])
    recorded = {(one.source, one.job, one.partition): one for one in ledger.partitions if one.source == source}
    # Earlier versions recorded no rows by partition.
    counted = {(source, job, _table(partition)) for source, job, partition in recorded}
    for key in sorted(held.keys() | recorded.keys()):
        if _table(key[2]) in load_all() and (*key[:2], _table(key[2])) in counted:
            yield from _check(key, recorded.get(key), held.get(key))


def _table(partition: str) -> str:
    return partition.partition("/")[0]


def _held(files: Sequence[TableFile]) -> Mapping[tuple[str, str, str], _Held]:
    held: dict[tuple[str, str, str], _Held] = {}
    for file in files:
        if file.table not in ("etl_files", "etl_runs"):
            one = held.setdefault((file.source, file.job, f"{file.table}/{file.partition}"), _Held())
            one.rows += file.rows
            one.files.append(file)
    return held


def _check(key: tuple[str, str, str], recorded: WrittenPartition | None, held: _Held | None) -> Iterator[Difference]:
    source, job, partition = key
    place = f"{source}, {partition}"
    if held and any(file.problem for file in held.files):
        return  # the file itself is reported
    expected = recorded.rows if recorded else 0
    if expected == (held.rows if held else 0):
        return
    if not held:
        yield Difference(_command(job, full=False), place, f"{count(expected, 'row')} written, and the partition is gone")
    elif not expected:
        yield Difference(_command(job, full=True), place, f"holds {count(held.rows, 'row')} that no run recorded")
    else:
        yield Difference(_command(job, full=True), place, f"{count(expected, 'row')} written, and the files hold {held.rows:,}")


def _command(job: str, *, full: bool) -> str:
    command = "shoplake run" if job in BUILDERS else f"shoplake analyze {job}"
    return f"{command} --full" if full else command
