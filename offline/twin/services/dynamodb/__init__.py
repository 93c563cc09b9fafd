"""DynamoDB: the items of all tables outlive `down`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from offline.twin.endpoint import connect
from offline.twin.service import Service, Setup


class DynamoDB(Service):
    title = "DynamoDB"
    adds = ("Items of the stacks' tables outlive `down`, in `dynamodb/` in the lake's folder.",)
    leaves_out = ("Tables that no stack creates are lost with `down`; their items stay in the lake's folder.",)

    def install(self, setup: Setup) -> None:
        self._lake = setup.lake

    def restore(self) -> None:
        restore(self._lake / "dynamodb")

    def save(self) -> None:
        if self._lake.exists():
            save(self._lake / "dynamodb")


def save(folder: Path) -> None:
    """Writes the items of every table to a file of its own."""
    client = connect("dynamodb")
    for table in _tables(client):
        folder.mkdir(exist_ok=True)
        draft = folder / f"_{table}.jsonl"
        with draft.open("w", encoding="utf-8") as file:
            for page in client.get_paginator("scan").paginate(TableName=table):
                file.writelines(json.dumps(item, default=_encode_bytes) + "\n" for item in page["Items"])
        draft.replace(folder / f"{table}.jsonl")


def restore(folder: Path) -> None:
    """Puts the saved items into the tables that exist."""
    client = connect("dynamodb")
    tables = set(_tables(client))
    for file in sorted(folder.glob("[!_]*.jsonl")):
        if file.stem in tables:
            for line in file.read_text(encoding="utf-8").splitlines():
                client.put_item(TableName=file.stem, Item=json.loads(line, object_hook=_decode_bytes))


def _tables(client: Any) -> list[str]:
    return list(client.get_paginator("list_tables").paginate().search("TableNames"))


def _encode_bytes(value: bytes) -> dict[str, str]:
    return {"__bytes__": value.hex()}


def _decode_bytes(value: dict[str, Any]) -> Any:
    return bytes.fromhex(value["__bytes__"]) if "__bytes__" in value else value
