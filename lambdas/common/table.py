"""One DynamoDB table through a plain client, with items as Python values."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lambdas.common.retry import pause, retrying

Item = dict[str, Any]
BATCH_KEYS, BATCH_ATTEMPTS = 100, 8


@functools.cache
def client(service: str) -> Any:
    """A boto3 client per process. boto3 is imported by the first call, not by the module: it takes most of a cold start."""
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=3, read_timeout=5, max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 4}
    )
    return boto3.client(service, config=config)


def encode(value: Any) -> dict[str, Any]:
    """A value in DynamoDB's form: int, str, bytes, bool, None, list and dict. Money is kept as whole ten-thousandths."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case None:
            return {"NULL": True}
        case list():
            return {"L": [encode(one) for one in value]}
        case dict():
            return {"M": {name: encode(one) for name, one in value.items()}}
    raise TypeError(f"{type(value).__name__} has no form in DynamoDB")


def decode(value: Mapping[str, Any]) -> Any:
    """The reverse of `encode`."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return int(content)
        case "L":
            return [decode(one) for one in content]
        case "M":
            return {name: decode(one) for name, one in content.items()}
        case "NULL":
            return None
    return bytes(content) if kind == "B" else content


def encoded(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encode(value) for name, value in item.items()}


def decoded(item: Mapping[str, Any]) -> Item:
    return {name: decode(value) for name, value in item.items()}


class Table:
    """A table with the keys `pk` and `sk`."""

    def __init__(self, name: str, dynamodb: Any = None) -> None:
        self.name = name
        self.dynamodb = dynamodb or client("dynamodb")

    def get(self, pk: str, sk: str, *, consistent: bool = False) -> Item | None:
        key = encoded({"pk": pk, "sk": sk})
        item = self.dynamodb.get_item(TableName=self.name, Key=key, ConsistentRead=consistent).get("Item")
        return None if item is None else decoded(item)

    def get_many(self, keys: Sequence[tuple[str, str]], *, consistent: bool = False) -> Iterator[Item]:
        """Those of the items that exist, in any order; 100 with each request. What DynamoDB leaves out is asked for again."""
        for start in range(0, len(keys), BATCH_KEYS):
            batch = [encoded({"pk": pk, "sk": sk}) for pk, sk in keys[start : start + BATCH_KEYS]]
            pending: dict[str, Any] = {self.name: {"Keys": batch, "ConsistentRead": consistent}}
            for attempt in range(BATCH_ATTEMPTS):
                answer = retrying(functools.partial(self.dynamodb.batch_get_item, RequestItems=pending))
                yield from map(decoded, answer["Responses"].get(self.name, ()))
                pending = answer.get("UnprocessedKeys") or {}
                if not pending:
                    break
                pause(attempt)
            else:
                raise RuntimeError(f"{self.name}: DynamoDB left keys of a batch unread {BATCH_ATTEMPTS} times")

    def query(
        self,
        pk: str,
        *,
        since: str = " ",
        until: str = "~",
        consistent: bool = False,
        descending: bool = False,
        limit: int | None = None,
    ) -> Iterator[Item]:
        """Items of a partition whose sort key is from `since` to `until`, in order, page by page."""
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :pk and sk between :since and :until",
            "ExpressionAttributeValues": encoded({":pk": pk, ":since": since, ":until": until}),
            "ConsistentRead": consistent,
            "ScanIndexForward": not descending,
        }
        if limit:
            arguments["Limit"] = limit
        left = limit
        while True:
            page = self.dynamodb.query(**arguments)
            for item in page["Items"]:
                yield decoded(item)
            left = None if left is None else left - len(page["Items"])
            if "LastEvaluatedKey" not in page or (left is not None and left <= 0):
                return
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]
