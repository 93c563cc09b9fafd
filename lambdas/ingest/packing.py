"""Lines become records: those of one partition key share records of up to 1 MiB, because AWS bills every record rounded up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from lambdas.ingest.errors import Problem
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


def pack(outcomes: Iterable[Line | list[Problem]], *, limit: int = RECORD_BYTES) -> list[Record]:
    """The records of a request's lines, by their position. Events of one partition key stay in their order."""
    by_key: dict[str, tuple[list[bytes], list[int]]] = {}
    for position, line in enumerate(outcomes):
        if type(line) is Line:
            if line.partition_key not in by_key:
                by_key[line.partition_key] = ([], [])
            texts, positions = by_key[line.partition_key]
            texts.append(line.text)
            positions.append(position)
    return [record for key, members in by_key.items() for record in _records(key, *members, limit - len(key.encode()))]


def _records(key: str, texts: list[bytes], positions: list[int], room: int) -> Iterator[Record]:
    start = size = 0
    for at, text in enumerate(texts):
        length = len(text) + 1
        if size and size + length > room:
            yield _record(key, texts[start:at], positions[start:at])
            start, size = at, 0
        size += length
    yield _record(key, texts[start:], positions[start:])


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
