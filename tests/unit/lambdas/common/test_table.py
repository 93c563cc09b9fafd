"""Many items at once: more than one request takes, and what DynamoDB leaves out of its answer."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.common import retry
from lambdas.common.table import Table


class Halves:
    """Passes every request on with half of its keys, as DynamoDB does when it is throttled."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.sizes = inner, []

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3 calls it so
        ((name, wanted),) = RequestItems.items()
        keys = wanted["Keys"]
        self.sizes.append(len(keys))
        taken, left = keys[: len(keys) // 2 or 1], keys[len(keys) // 2 or 1 :]
        answer = self._inner.batch_get_item(RequestItems={name: {**wanted, "Keys": taken}})
        return {**answer, "UnprocessedKeys": {name: {**wanted, "Keys": left}} if left else {}}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr("lambdas.common.table.pause", lambda attempt: retry.pause(attempt, sleep=slept.append))
    return slept


def test_items_that_exist_are_read_100_at_a_time(table: Table) -> None:
    for number in range(0, 250, 2):
        table.dynamodb.put_item(TableName=table.name, Item={"pk": {"S": f"u{number}"}, "sk": {"S": "x"}})
    found = table.get_many([(f"u{number}", "x") for number in range(250)])
    assert sorted(item["pk"] for item in found) == sorted(f"u{number}" for number in range(0, 250, 2))


def test_keys_that_were_left_out_are_asked_for_again_after_a_pause(table: Table, pauses: list[float]) -> None:
    for number in range(7):
        table.dynamodb.put_item(TableName=table.name, Item={"pk": {"S": f"u{number}"}, "sk": {"S": "x"}})
    halves = Halves(table.dynamodb)
    found = list(Table(table.name, halves).get_many([(f"u{number}", "x") for number in range(7)]))
    assert sorted(item["pk"] for item in found) == [f"u{number}" for number in range(7)]
    assert halves.sizes == [7, 4, 2, 1]
    assert len(pauses) == 3


def test_keys_that_are_always_left_out_end_in_an_error(table: Table, pauses: list[float]) -> None:
    class Never:
        def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3 calls it so
            return {"Responses": {}, "UnprocessedKeys": RequestItems}

    with pytest.raises(RuntimeError, match=r"DynamoDB left keys of a batch unread 8 times"):
        list(Table(table.name, Never()).get_many([("u", "x")]))
    assert len(pauses) == 8
