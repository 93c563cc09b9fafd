"""Lines become records: those of one partition key share records of up to 1 MiB, because AWS bills every record rounded up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lambdas.ingest.events import Line

RECORD_BYTES = 1 << 20  # data and partition key together
CALL_RECORDS = 500
CALL_BYTES = 5 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the stream, and the positions in the request of the events that it holds."""

    partition_key: str
    data: bytes
    positions: tuple[int, ...]

    @property
    def size(self) -> int:
        """What counts for the stream's limits."""
        return len(self.data) + len(self.partition_key.encode())


def pack(lines: Iterable[tuple[int, Line]], *, limit: int = RECORD_BYTES) -> list[Record]:
    """The records of (position, line) pairs. Events of one partition key stay in their order."""
    by_key: dict[str, list[tuple[int, Line]]] = {}
    for position, line in lines:
        by_key.setdefault(line.partition_key, []).append((position, line))
    return [record for key, members in by_key.items() for record in _records(key, members, limit - len(key.encode()))]


def _records(key: str, members: Sequence[tuple[int, Line]], room: int) -> Iterator[Record]:
    texts: list[bytes] = []
    positions: list[int] = []
    size = 0
    for position, line in members:
        length = len(line.text) + 1
        if texts and size + length > room:
            yield _record(key, texts, positions)
            texts, positions, size = [], [], 0
        texts.append(line.text)
        positions.append(position)
        size += length
    yield _record(key, texts, positions)


def _record(key: str, texts: Sequence[bytes], positions: Sequence[int]) -> Record:
    return Record(key, b"\n".join(texts) + b"\n", tuple(positions))


def calls(records: Iterable[Record]) -> Iterator[list[Record]]:
    """The records in groups that one PutRecords takes."""
    group: list[Record] = []
    size = 0
    for record in records:
        if group and (len(group) == CALL_RECORDS or size + record.size > CALL_BYTES):
            yield group
            group, size = [], 0
        group.append(record)
        size += record.size
    if group:
        yield group
