"""What a thousand events cost in write units, counted from the items as DynamoDB bills them, and what importing costs."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter

import pytest

from lambdas.common.table import Table
from tests.support.live import Faulty, invocation, line, live, record

WRITE_UNIT = 1024


class Metered(Faulty):
    """Counts write units by kind of item: each started KB of the item after the write, twice in a transaction."""

    def __init__(self, dynamodb) -> None:
        super().__init__(dynamodb)
        self._client = dynamodb
        self.units: Counter[str] = Counter()

    def transact_write_items(self, TransactItems, **more):  # noqa: N803 - boto3 calls it so
        self._client.transact_write_items(TransactItems=TransactItems, **more)
        for action in TransactItems:
            ((_, write),) = action.items()
            self._count(write["TableName"], write.get("Key") or write["Item"], times=2)

    def put_item(self, **arguments):
        self._client.put_item(**arguments)
        self._count(arguments["TableName"], arguments["Item"], times=1)

    def _count(self, name, item, *, times):
        key = {part: item[part] for part in ("pk", "sk")}
        stored = self._client.get_item(TableName=name, Key=key)["Item"]
        self.units[key["pk"]["S"].split("#")[0]] += times * math.ceil(size(stored) / WRITE_UNIT)


def size(item) -> int:
    """Bytes as DynamoDB counts them: names and texts in UTF-8, numbers half a byte a digit and one, 3 bytes a list or map."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content) / 2) + 1
        case "M":
            return 3 + size(content) + len(content)
        case "L":
            return 3 + sum(value_size(one) + 1 for one in content)
        case "B":
            return len(content)
    return 1


@pytest.mark.parametrize(
    ("batches", "users", "most"),
    [
        # 500 events of 40 users and 100 products: windows and checkpoint, then customers
        (2, 40, {"windows": 40, "customers": 80}),
        # the same one by one, as a quiet shop sends them, for 20 of the thousand
        pytest.param(20, 20, {"windows": 160, "customers": 20}, marks=pytest.mark.full),
    ],
)
def test_write_units_of_events(table, batches, users, most):
    per_batch = 500 if batches == 2 else 1
    metered = Metered(table.dynamodb)
    consumer = live(Table(table.name, metered))
    for number in range(batches):
        first = number * per_batch
        events = [
            line(
                n,
                "purchase" if n % 50 == 0 else "view",
                at=n % 10,
                user_id=f"user-{n % users}",
                session_id=f"session-{n % users}",
                product_id=f"product-{n % 100}",
                brand=f"brand-{n % 20}",
                category="electronics.phones",
                price="10.00",
            )
            for n in range(first, first + per_batch)
        ]
        consumer.handle(invocation(record(number + 1, *events)))
    units = metered.units
    customers = units.pop("customer")
    units.pop("alert_state", None)
    assert set(units) == {"shards", "ids", "totals", "details"}
    assert sum(units.values()) <= most["windows"]
    assert customers <= most["customers"]


@pytest.mark.parametrize("name", ["live", "serving"])
def test_a_function_is_imported_in_less_than_300_ms(name):
    # boto3 is not among it: the first invocation makes the clients
    code = f"import time; start = time.process_time(); import lambdas.{name}.handler; print(time.process_time() - start)"
    seconds = float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert seconds < 0.3
