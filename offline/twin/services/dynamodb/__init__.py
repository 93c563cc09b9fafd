"""DynamoDB: the items of all tables outlive the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from offline.twin.endpoint import ACCOUNT, REGION
from offline.twin.service import Service, Setup
from offline.twin.services.dynamodb import backend
from offline.twin.services.dynamodb.items import Items, decode


class DynamoDB(Service):
    title = "DynamoDB"
    adds = (
        "Items of the stacks' tables outlive `down` and kill -9, in `dynamodb/` in the lake's folder.",
        "A request's changes are stored together, before it is answered.",
        "Requests do not see each other's unfinished changes, and no update is lost.",
        "A transaction costs what its items cost; moto copies the tables.",
    )
    leaves_out = (
        "Tables that no stack creates are lost with `down`; their items stay in the lake's folder, unless the table was deleted.",
        "Items do not expire. There are no limits of throughput, and transactions never conflict.",
    )

    def install(self, setup: Setup) -> None:
        self._folder = setup.lake / "dynamodb"
        self._items = Items(self._folder / "items.sqlite")
        backend.install(self._items)

    def restore(self) -> None:
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            for item in self._items.read(table.name):
                table.put_item(item)
        for file in sorted(self._folder.glob("[!_]*.jsonl")):
            self._take_over(file)

    def stop(self) -> None:
        self._items.close()

    def _take_over(self, file: Path) -> None:
        """Items as earlier versions saved them: a file for each table."""
        table: Any = dynamodb_backends[ACCOUNT][REGION].tables.get(file.stem)
        if table is None:
            return
        lines = file.read_text(encoding="utf-8").splitlines()
        self._items.write({(file.stem, backend.key_of(table.put_item(item))): item for item in map(decode, lines)})
        file.unlink()
