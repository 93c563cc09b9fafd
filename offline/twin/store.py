"""State of the local stack that outlives its server, also a killed one: JSON values by key, in a SQLite file of the lake.

Every write is a transaction. The operating system has it when the call returns, so kill -9 loses nothing. A power cut may lose
the last seconds.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from contracts.errors import PlatformError

STATE = "state.sqlite"


class Database:
    """One connection to a SQLite file, shared by all threads of the server."""

    def __init__(self, file: Path, schema: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        try:
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = off")
            self._connection.executescript(schema)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise PlatformError(
                f"{file}: the local stack cannot read this file ({error}); move it away, and what it held starts empty."
            ) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it is written, or nothing."""
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")

    def rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class Values:
    """JSON values by key."""

    def __init__(self, file: Path) -> None:
        self._database = Database(file, "create table if not exists state (key text primary key, value text not null)")

    def get(self, key: str, default: Any = None) -> Any:
        rows = self._database.rows("select value from state where key = ?", key)
        return json.loads(rows[0][0]) if rows else default

    def put(self, key: str, value: Any) -> None:
        with self._database.transaction() as connection:
            connection.execute("insert or replace into state values (?, ?)", (key, json.dumps(value)))

    def close(self) -> None:
        self._database.close()


@cache
def state(lake: Path) -> Values:
    """What the local stack of this lake remembers besides data: ports, ids, generated secrets, positions in streams."""
    # It has secrets. SQLite gives its other files the same mode.
    (lake / STATE).touch(mode=0o600)
    return Values(lake / STATE)
