"""Streams, shards and records in a SQLite file of the lake, so that they outlive the server, also a killed one.

Sequence numbers look like those of AWS: 56 digits, which grow within a shard, and from a parent to its children.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from offline.twin.store import Database

SCHEMA = """
create table if not exists streams (
    name text primary key, id integer not null, created text not null, retention_hours integer not null, mode text not null
);
create table if not exists shards (
    stream integer, number integer, first text, last text, parent text, adjacent text, is_open integer, end integer,
    primary key (stream, number)
) without rowid;
create table if not exists records (
    stream integer, shard integer, position integer, key text, hash text, data blob, arrived real,
    primary key (stream, shard, position)
) without rowid;
create table if not exists counters (name text primary key, value integer not null)
"""
BASE = 49 * 10**54
SHARD_STEP = 10**36
TRIM_SECONDS = 60.0
# GetRecords returns at most 10 MB.
READ_BYTES = 10 << 20


def sequence_number(shard: int, position: int) -> int:
    return BASE + shard * SHARD_STEP + position


def position_of(number: int, shard: int) -> int:
    """The position of a sequence number in a shard: before its beginning for one of a parent, and for 0."""
    return max(0, min(number - BASE - shard * SHARD_STEP, 2**62))


@dataclass(frozen=True)
class StoredRecord:
    position: int
    key: str
    hash: str | None
    data: bytes
    arrived: float


@dataclass(frozen=True)
class StoredShard:
    number: int
    first: int
    last: int
    parent: str | None
    adjacent: str | None
    is_open: bool


@dataclass(frozen=True)
class StoredStream:
    id: int
    name: str
    created: str
    retention_hours: int
    mode: str


class Records:
    """All streams of a lake. `listeners` are called with a stream's name after every put."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._database, self._clock = Database(file, SCHEMA), clock
        self._trimmed_at = 0.0
        self._lock = threading.Lock()
        self.listeners: list[Callable[[str], None]] = []

    def create(self, name: str, *, created: str, retention_hours: int, mode: str) -> StoredStream:
        with self._database.transaction() as connection:
            connection.execute("insert into counters values ('stream', 1) on conflict (name) do update set value = value + 1")
            (number,) = connection.execute("select value from counters where name = 'stream'").fetchone()
            connection.execute("insert into streams values (?, ?, ?, ?, ?)", (name, number, created, retention_hours, mode))
        return StoredStream(number, name, created, retention_hours, mode)

    def find(self, name: str) -> StoredStream | None:
        return next((stream for stream in self.streams() if stream.name == name), None)

    def streams(self) -> list[StoredStream]:
        rows = self._database.rows("select id, name, created, retention_hours, mode from streams order by id")
        return [StoredStream(*row) for row in rows]

    def delete(self, stream: int) -> None:
        with self._database.transaction() as connection:
            for table, column in (("records", "stream"), ("shards", "stream"), ("streams", "id")):
                connection.execute(f"delete from {table} where {column} = ?", (stream,))

    def keep(self, stream: int, retention_hours: int) -> None:
        with self._database.transaction() as connection:
            connection.execute("update streams set retention_hours = ? where id = ?", (retention_hours, stream))

    def write_shards(self, stream: int, shards: Iterable[StoredShard]) -> None:
        rows = [
            (stream, each.number, str(each.first), str(each.last), each.parent, each.adjacent, each.is_open) for each in shards
        ]
        with self._database.transaction() as connection:
            connection.executemany(
                "insert into shards values (?, ?, ?, ?, ?, ?, ?, 0) on conflict (stream, number) do update "
                "set first = excluded.first, last = excluded.last, is_open = excluded.is_open",
                rows,
            )

    def shards(self, stream: int) -> list[StoredShard]:
        query = "select number, first, last, parent, adjacent, is_open from shards where stream = ? order by number"
        rows = self._database.rows(query, stream)
        return [StoredShard(row[0], int(row[1]), int(row[2]), row[3], row[4], bool(row[5])) for row in rows]

    def append(self, stream: int, records: Sequence[tuple[int, str, str | None, bytes]]) -> list[int]:
        """Writes records (shard, key, hash key, data) in one transaction; their positions."""
        now, positions, rows = self._clock(), [], []
        with self._lock, self._database.transaction() as connection:
            ends: dict[int, int] = {}
            for shard, key, hash_key, data in records:
                ends[shard] = (ends[shard] if shard in ends else self._end(stream, shard)) + 1
                positions.append(ends[shard])
                rows.append((stream, shard, ends[shard], key, hash_key, data, now))
            connection.executemany("insert into records values (?, ?, ?, ?, ?, ?, ?)", rows)
            # The end outlives its record, which retention removes.
            connection.executemany(
                "update shards set end = ? where stream = ? and number = ?", [(end, stream, shard) for shard, end in ends.items()]
            )
        self._trim(now)
        return positions

    def read(self, stream: int, shard: int, *, after: int, limit: int) -> list[StoredRecord]:
        rows = self._database.rows(
            "select position, key, hash, data, arrived from records where stream = ? and shard = ? and position > ? "
            "and arrived >= ? order by position limit ?",
            stream, shard, after, self._oldest(stream), limit,
        )  # fmt: skip
        records: list[StoredRecord] = []
        size = 0
        for row in rows:
            size += len(row[3])
            if records and size > READ_BYTES:
                break
            records.append(StoredRecord(*row))
        return records

    def first(self, stream: int, shard: int) -> StoredRecord | None:
        return next(iter(self.read(stream, shard, after=0, limit=1)), None)

    def end(self, stream: int, shard: int) -> int:
        """The position of the shard's last record, whether it is still kept or not; 0 before the first."""
        with self._lock:
            return self._end(stream, shard)

    def last_before(self, stream: int, shard: int, at: float) -> int:
        """The position of the last record that arrived before this time; 0 if there is none."""
        query = "select max(position) from records where stream = ? and shard = ? and arrived < ?"
        return int(self._database.rows(query, stream, shard, at)[0][0] or 0)

    def notify(self, name: str) -> None:
        for listener in self.listeners:
            listener(name)

    def close(self) -> None:
        self._database.close()

    def _end(self, stream: int, shard: int) -> int:
        rows = self._database.rows("select end from shards where stream = ? and number = ?", stream, shard)
        return int(rows[0][0]) if rows else 0

    def _oldest(self, stream: int) -> float:
        rows = self._database.rows("select retention_hours from streams where id = ?", stream)
        return self._clock() - (rows[0][0] if rows else 24) * 3600

    def _trim(self, now: float) -> None:
        """Deletes what is beyond retention, now and then."""
        if now - self._trimmed_at < TRIM_SECONDS:
            return
        self._trimmed_at = now
        for stream in self.streams():
            with self._database.transaction() as connection:
                limit = now - stream.retention_hours * 3600
                connection.execute("delete from records where stream = ? and arrived < ?", (stream.id, limit))
