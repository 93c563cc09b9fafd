"""The items of all tables, in a SQLite file of the lake: each request's changes are one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from offline.twin.store import Database

SCHEMA = """
create table if not exists items (table_name text, key text, item text not null, primary key (table_name, key)) without rowid
"""
Item = dict[str, Any]


class Items:
    """Items by table and key."""

    def __init__(self, file: Path) -> None:
        self._database = Database(file, SCHEMA)

    def write(self, changes: Mapping[tuple[str, str], Item | None]) -> None:
        """Stores items, and deletes those that are None."""
        stored = [(*key, json.dumps(item, default=_encode_bytes)) for key, item in changes.items() if item is not None]
        deleted = [key for key, item in changes.items() if item is None]
        with self._database.transaction() as connection:
            connection.executemany("insert or replace into items values (?, ?, ?)", stored)
            connection.executemany("delete from items where table_name = ? and key = ?", deleted)

    def read(self, table: str) -> Iterator[Item]:
        for (item,) in self._database.rows("select item from items where table_name = ? order by key", table):
            yield decode(item)

    def delete_table(self, table: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("delete from items where table_name = ?", (table,))

    def close(self) -> None:
        self._database.close()


def decode(line: str) -> Item:
    item: Item = json.loads(line, object_hook=_decode_bytes)
    return item


def key_text(parts: list[Any]) -> str:
    return json.dumps(parts, default=_encode_bytes)


def _encode_bytes(value: bytes) -> dict[str, str]:
    return {"__bytes__": value.hex()}


def _decode_bytes(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["__bytes__"]) if "__bytes__" in value else value
