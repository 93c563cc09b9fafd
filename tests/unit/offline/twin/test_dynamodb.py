"""DynamoDB's items outlive the server, also a killed one; requests at the same time do not disturb each other."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline.twin import client
from offline.twin.client import Twin
from tests.unit.offline.twin.conftest import ZONES
from tests.unit.offline.twin.test_kinesis_to_lambda import kill

ITEMS = [
    {"id": {"S": "w1"}, "sold": {"N": "12.50"}, "sketch": {"B": b"\x00\xff"}, "late": {"BOOL": False}, "none": {"NULL": True}},
    {"id": {"S": "w2"}, "tags": {"SS": ["a", "b"]}, "last": {"L": [{"M": {"raw": {"B": b"\x80"}}}]}, "name": {"S": "Löffel\n"}},
]


def table(name: str, *keys: str) -> dict[str, Any]:
    kinds = ("HASH", "RANGE")
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "BillingMode": "PAY_PER_REQUEST",
    }


TEMPLATE = {
    "Resources": ZONES["Resources"]
    | {
        "Windows": {"Type": "AWS::DynamoDB::Table", "Properties": table("windows", "id")},
        "Live": {"Type": "AWS::DynamoDB::Table", "Properties": table("live", "pk", "sk")},
    },
    "Outputs": ZONES["Outputs"],
}


def scan(twin: Twin, name: str) -> list[dict[str, Any]]:
    return list(twin.client("dynamodb").get_paginator("scan").paginate(TableName=name).search("Items"))


def keyed(number: int) -> dict[str, Any]:
    return {"pk": {"S": "counter"}, "sk": {"S": f"{number}"}}


def update(number: int, **more: Any) -> dict[str, Any]:
    values = {":n": {"N": "1"}}
    return {
        "Update": {
            "TableName": "live",
            "Key": keyed(number),
            "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": values,
        }
        | more
    }


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Twin]) -> Twin:
    return serve(tmp_path_factory.mktemp("dynamodb"), TEMPLATE)


@pytest.mark.full
def test_items_outlive_down_and_kill(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    # GIVEN items of a deployed table and of one created by API, and items that an earlier version has saved
    (tmp_path / "lake" / "dynamodb").mkdir(parents=True)
    (tmp_path / "lake" / "dynamodb" / "live.jsonl").write_text(
        json.dumps(keyed(1) | {"raw": {"B": {"__bytes__": "00ff"}}}) + "\n"
    )
    twin = serve(tmp_path, TEMPLATE)
    tables = twin.client("dynamodb")
    tables.create_table(**table("extra", "id"))
    for name in ("windows", "extra"):
        for item in ITEMS:
            tables.put_item(TableName=name, Item=item)
    tables.put_item(TableName="windows", Item={"id": {"S": "gone"}})
    tables.delete_item(TableName="windows", Key={"id": {"S": "gone"}})
    # WHEN the server is killed, and the next one goes down
    kill(twin)
    twin = serve(tmp_path, TEMPLATE)
    twin.client("dynamodb").transact_write_items(TransactItems=[update(1), update(2)])
    assert client.down(twin.lake)
    twin = serve(tmp_path, TEMPLATE)
    # THEN every item of the deployed tables is the same, to the byte
    assert sorted(scan(twin, "windows"), key=lambda item: item["id"]["S"]) == ITEMS
    expected = [keyed(1) | {"n": {"N": "1"}, "raw": {"B": b"\x00\xff"}}, keyed(2) | {"n": {"N": "1"}}]
    assert sorted(scan(twin, "live"), key=lambda item: item["sk"]["S"]) == expected
    assert sorted(twin.client("dynamodb").list_tables()["TableNames"]) == ["live", "windows"]


@pytest.mark.full
def test_a_deleted_table_takes_its_items_with_it(tmp_path: Path, serve: Callable[..., Twin]) -> None:
    twin = serve(tmp_path, TEMPLATE)
    tables = twin.client("dynamodb")
    tables.put_item(TableName="windows", Item=ITEMS[0])
    tables.delete_table(TableName="windows")
    kill(twin)
    assert scan(serve(tmp_path, TEMPLATE), "windows") == []


@pytest.mark.full
def test_a_cancelled_transaction_changes_nothing(twin: Twin) -> None:
    tables = twin.client("dynamodb")
    tables.put_item(TableName="live", Item=keyed(7) | {"n": {"N": "5"}})
    with pytest.raises(tables.exceptions.TransactionCanceledException) as cancelled:
        tables.transact_write_items(TransactItems=[update(7), update(8), update(9, ConditionExpression="attribute_exists(pk)")])
    assert [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]][-1] == "ConditionalCheckFailed"
    assert [item for item in scan(twin, "live") if item["sk"]["S"] in "789"] == [keyed(7) | {"n": {"N": "5"}}]


@pytest.mark.full
def test_no_update_is_lost_when_many_come_at_once(twin: Twin) -> None:
    tables = twin.client("dynamodb")

    def add() -> None:
        for _ in range(25):
            tables.transact_write_items(TransactItems=[update(100), update(101)])

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = [tables.get_item(TableName="live", Key=keyed(number))["Item"]["n"]["N"] for number in (100, 101)]
    assert counts == ["100", "100"]
