"""Delivers a stream to objects: buffers by size and time, joins records without a delimiter, at least once.

Knows no server: stream, positions, bucket and clock are passed in. A position moves after its object is written, so records that
were only buffered are read again by the next server.
"""

from __future__ import annotations

import gzip
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from contracts.errors import PlatformError
from offline.twin.services.awslambda.event_source.stream import Record, Stream

MEBIBYTE = 1 << 20
READ = 1_000
POLL_SECONDS = 1.0
EXPRESSION = re.compile(r"!\{(\w+):([^}]*)\}")
JAVA = {"yyyy": "%Y", "YYYY": "%G", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
PATTERN = re.compile("|".join([*JAVA, r"'[^']*'", r"[A-Za-z]+"]))
SUFFIXES = {"GZIP": ".gz", "UNCOMPRESSED": ""}


class Positions(Protocol):
    """A place for what is delivered: a creation time, and the last sequence number of each shard."""

    def get(self, key: str, default: Any = None) -> Any: ...

    def put(self, key: str, value: Any) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A delivery stream with a Kinesis stream as its source."""

    name: str
    stream_arn: str
    bucket: str
    prefix: str
    size_bytes: int
    seconds: float
    compression: str

    @staticmethod
    def parse(name: str, source: Mapping[str, Any], destination: Mapping[str, Any]) -> Settings:
        """The settings of a deployed delivery stream; PlatformError for those that Firehose or the local stack refuses."""
        hints = destination.get("BufferingHints") or {}
        size, seconds = int(hints.get("SizeInMBs", 5)), int(hints.get("IntervalInSeconds", 300))
        prefix, errors = destination.get("Prefix") or "", destination.get("ErrorOutputPrefix") or ""
        compression = destination.get("CompressionFormat") or "UNCOMPRESSED"
        if not (1 <= size <= 128 and 0 <= seconds <= 900):
            raise PlatformError(f"{name}: the buffer must be 1 to 128 MB and 0 to 900 seconds, not {size} MB and {seconds} s.")
        if EXPRESSION.search(prefix) and "!{firehose:error-output-type}" not in errors:
            raise PlatformError(
                f"{name}: a prefix with expressions needs an ErrorOutputPrefix with !{{firehose:error-output-type}}."
            )
        if compression not in SUFFIXES:
            raise PlatformError(f"{name}: the local stack has the compressions {', '.join(SUFFIXES)}, but not {compression}.")
        evaluate(prefix, datetime.now(UTC), name)
        return Settings(
            name=name,
            stream_arn=source["KinesisStreamARN"],
            bucket=destination["BucketARN"].rpartition(":")[2],
            prefix=prefix,
            size_bytes=size * MEBIBYTE,
            seconds=seconds,
            compression=compression,
        )


def evaluate(prefix: str, at: datetime, name: str) -> str:
    """A prefix with its expressions replaced; without a timestamp in it, the UTC hour as folders is appended."""

    def replace(match: re.Match[str]) -> str:
        namespace, value = match[1], match[2]
        if namespace == "timestamp":
            return PATTERN.sub(lambda part: _field(part[0], at, name), value)
        if (namespace, value) == ("firehose", "random-string"):
            return secrets.token_hex(6)[:11]
        raise PlatformError(f"{name}: the local stack does not know the expression {match[0]} in a prefix.")

    text = EXPRESSION.sub(replace, prefix)
    return text if "!{timestamp:" in prefix else f"{text}{at:%Y/%m/%d/%H/}"


def _field(field: str, at: datetime, name: str) -> str:
    if field.startswith("'"):
        return field[1:-1]
    if field not in JAVA:
        raise PlatformError(f"{name}: the local stack does not know {field} in !{{timestamp:…}}; it has {', '.join(JAVA)}.")
    return at.strftime(JAVA[field])


class Delivery:
    """One delivery stream. `put` writes an object by bucket, key and bytes, and raises OSError when it cannot."""

    def __init__(
        self,
        settings: Settings,
        *,
        stream: Stream,
        positions: Positions,
        put: Callable[[str, str, bytes], None],
        clock: Callable[[], float],
    ) -> None:
        self._settings, self._stream, self._positions, self._put, self._clock = settings, stream, positions, put, clock
        self._buffer: list[Record] = []
        self._bytes = 0
        self._since = 0.0
        self._created, self._read_to = self._start()

    @property
    def is_working(self) -> bool:
        return bool(self._buffer)

    def poll(self) -> float:
        """Reads what is new and writes what is due; the seconds until there can be more to do."""
        if self._created != self._stream.created:
            # A new stream of the same name. What was buffered of the old one is still to be written.
            self.flush()
            self._created, self._read_to = self._stream.created, {}
        while self._read():
            if self._bytes >= self._settings.size_bytes:
                self.flush()
        if self._buffer and self._clock() - self._since >= self._settings.seconds:
            self.flush()
        return POLL_SECONDS

    def flush(self) -> None:
        """Writes the buffer as one object, then moves the position."""
        if not self._buffer:
            return
        content = b"".join(record.data for record in self._buffer)
        if self._settings.compression == "GZIP":
            content = gzip.compress(content, compresslevel=6, mtime=0)
        self._put(self._settings.bucket, self._key(), content)
        self._save()
        self._buffer, self._bytes = [], 0

    def _start(self) -> tuple[str, dict[str, str | None]]:
        """The saved position. A new delivery stream starts at the end of the stream, so that earlier records never arrive."""
        saved = self._positions.get(self._place)
        if saved is not None:
            return saved["created"], saved["shards"]
        self._created = self._stream.created
        self._read_to = {shard.shard_id: self._stream.latest(shard.shard_id) for shard in self._stream.shards()}
        self._save()
        return self._created, self._read_to

    @property
    def _place(self) -> str:
        return f"firehose {self._settings.name}"

    def _save(self) -> None:
        self._positions.put(self._place, {"created": self._created, "shards": self._read_to})

    def _read(self) -> bool:
        """Reads from every shard into the buffer, up to its size; whether there may be more."""
        is_more = False
        for shard in self._stream.shards():
            records = self._stream.read(shard.shard_id, after=self._read_to.get(shard.shard_id), limit=READ).records
            for record in records:
                if not self._buffer:
                    self._since = self._clock()
                self._buffer.append(record)
                self._bytes += len(record.data)
                self._read_to[shard.shard_id] = record.sequence_number
                if self._bytes >= self._settings.size_bytes:
                    return True
            is_more = is_more or len(records) == READ
        return is_more

    def _key(self) -> str:
        """Firehose's own name: prefix, stream, version, time and a random text; the time is that of the oldest record."""
        oldest = datetime.fromtimestamp(min(record.arrived_at for record in self._buffer), UTC)
        prefix = evaluate(self._settings.prefix, oldest, self._settings.name)
        suffix = SUFFIXES[self._settings.compression]
        return f"{prefix}{self._settings.name}-1-{oldest:%Y-%m-%d-%H-%M-%S}-{secrets.token_hex(16)}{suffix}"
