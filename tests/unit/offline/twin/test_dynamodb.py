"""DynamoDB items are saved when the local stack stops, and restored when it starts again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.twin.endpoint import connect
from tests.unit.offline.twin.conftest import S3

ITEMS = [
    {"id": {"S": "w1"}, "sold": {"N": "12.50"}, "sketch": {"B": b"\x00\xff"}, "late": {"BOOL": False}, "none": {"NULL": True}},
    {"id": {"S": "w2"}, "tags": {"SS": ["a", "b"]}, "last": {"L": [{"M": {"raw": {"B": b"\x80"}}}]}, "name": {"S": "Löffel\n"}},
]


@pytest.fixture
def tables(s3: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in s3.endpoint.environment.items():
        monkeypatch.setenv(name, value)
    client = connect("dynamodb")
    yield client
    for name in client.list_tables()["TableNames"]:
        client.delete_table(TableName=name)


def create(tables: Any, name: str) -> None:
    tables.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_items_of_deployed_tables_outlive_the_server(tables: Any, tmp_path: Path) -> None:
    from offline.twin.services import dynamodb

    # GIVEN a table of the stacks and one created by API, both with items
    for name in ("windows", "extra"):
        create(tables, name)
        for item in ITEMS:
            tables.put_item(TableName=name, Item=item)
    dynamodb.save(tmp_path)
    # WHEN the server is gone, and the next one has created only the table of the stacks
    for name in ("windows", "extra"):
        tables.delete_table(TableName=name)
    create(tables, "windows")
    dynamodb.restore(tmp_path)
    # THEN every item of that table is the same, to the byte
    assert sorted(tables.scan(TableName="windows")["Items"], key=lambda item: item["id"]["S"]) == ITEMS
    assert tables.list_tables()["TableNames"] == ["windows"]


def test_a_table_of_several_pages_is_saved_completely(tables: Any, tmp_path: Path) -> None:
    from offline.twin.services import dynamodb

    # GIVEN 1.5 MB of items, where a scan returns 1 MB a page
    create(tables, "many")
    for number in range(5):
        tables.put_item(TableName="many", Item={"id": {"S": f"{number}"}, "text": {"S": "x" * 300_000}})
    # WHEN
    dynamodb.save(tmp_path)
    tables.delete_table(TableName="many")
    create(tables, "many")
    dynamodb.restore(tmp_path)
    # THEN
    assert [tables.get_item(TableName="many", Key={"id": {"S": f"{n}"}})["Item"]["id"]["S"] for n in range(5)] == list("01234")
