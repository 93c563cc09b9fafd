"""Corrections of moto's DynamoDB: one request at a time, transactions that cost what they touch, and items that are stored.

moto's server has a thread for each request and no lock, so two updates of an item can lose one, and a reader can see half of an
update. Its transactions copy every table that they touch.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from offline.twin.services.dynamodb.items import Item, Items, key_text

Key = tuple[str, Any, Any]


class Journal:
    """The keys that the current request has changed."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._lock = threading.RLock()
        self._changed: dict[tuple[str, str], Key] | None = None

    def request(self, handle: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A request alone, after which its changes are stored."""

        def handled(handler: Any) -> Any:
            with self._lock:
                self._changed = {}
                try:
                    return handle(handler)
                finally:
                    changed, self._changed = self._changed, None
                    if changed:
                        self._items.write({place: _current(handler.dynamodb_backend, key) for place, key in changed.items()})

        return handled

    def note(self, table: str, hash_key: Any, range_key: Any) -> None:
        if self._changed is not None:
            self._changed[table, _key_text(hash_key, range_key)] = (table, hash_key, range_key)

    def forget(self, table: str) -> None:
        """A table is deleted."""
        self._items.delete_table(table)


def install(items: Items) -> None:
    """Applies all corrections."""
    journal = Journal(items)
    DynamoHandler.call_action = journal.request(DynamoHandler.call_action)
    _note_changes(journal)
    transact, delete = DynamoDBBackend.transact_write_items, DynamoDBBackend.delete_table

    def transact_write_items(backend: Any, transact_items: list[dict[str, Any]]) -> None:
        before = [(key, copy.deepcopy(_item(backend, key))) for key in _touched(backend, transact_items)]
        # moto's copies of whole tables; we restore the items that the transaction touches.
        Table.__deepcopy__ = lambda table, _: table
        try:
            transact(backend, transact_items)
        except BaseException:
            for key, item in before:
                _put_back(backend, key, item)
            raise
        finally:
            del Table.__deepcopy__

    def delete_table(backend: Any, name: str) -> Any:
        deleted = delete(backend, name)
        journal.forget(deleted.name)
        return deleted

    DynamoDBBackend.transact_write_items = transact_write_items
    DynamoDBBackend.delete_table = delete_table


def key_of(item: Any) -> str:
    """The key under which moto's item is stored."""
    return _key_text(item.hash_key, item.range_key)


def _key_text(hash_key: Any, range_key: Any) -> str:
    return key_text([hash_key.type, hash_key.value, *([range_key.type, range_key.value] if range_key else [])])


def _note_changes(journal: Journal) -> None:
    put, delete, update = Table.put_item, Table.delete_item, DynamoDBBackend.update_item

    def put_item(table: Any, item_attrs: Item, *arguments: Any, **named: Any) -> Any:
        item = put(table, item_attrs, *arguments, **named)
        journal.note(table.name, item.hash_key, item.range_key)
        return item

    def delete_item(table: Any, hash_key: Any, range_key: Any) -> Any:
        journal.note(table.name, hash_key, range_key)
        return delete(table, hash_key, range_key)

    def update_item(backend: Any, table_name: str, *arguments: Any, **named: Any) -> Any:
        item = update(backend, table_name, *arguments, **named)
        journal.note(backend.get_table(table_name).name, item.hash_key, item.range_key)
        return item

    Table.put_item, Table.delete_item, DynamoDBBackend.update_item = put_item, delete_item, update_item


def _touched(backend: Any, transact_items: list[dict[str, Any]]) -> list[Key]:
    keys = []
    for operation in (next(iter(each.values())) for each in transact_items):
        table = backend.tables.get(str(operation.get("TableName")).rpartition("/")[2])
        attributes = operation.get("Key") or operation.get("Item") or {}
        if table is not None and table.hash_key_attr in attributes:
            range_value = attributes.get(table.range_key_attr) if table.range_key_attr else None
            hash_key = DynamoType(attributes[table.hash_key_attr])
            keys.append((table.name, hash_key, DynamoType(range_value) if range_value else None))
    return keys


def _item(backend: Any, key: Key) -> Any:
    name, hash_key, range_key = key
    table = backend.tables.get(name)
    if table is None or (table.has_range_key and range_key is None):
        return None
    return table.get_item(hash_key, range_key)


def _current(backend: Any, key: Key) -> Item | None:
    item = _item(backend, key)
    attributes: Item | None = None if item is None else item.to_json()["Attributes"]
    return attributes


def _put_back(backend: Any, key: Key, item: Any) -> None:
    name, hash_key, range_key = key
    items = backend.tables[name].items
    if item is None:
        (items.get(hash_key, {}) if range_key else items).pop(range_key or hash_key, None)
    elif range_key:
        items[hash_key][range_key] = item
    else:
        items[hash_key] = item
