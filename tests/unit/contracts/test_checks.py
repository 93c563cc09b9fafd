"""Generated and written rules, judged by Spark on rows one can check by eye."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pyspark.sql import types as T

from contracts import Column, load
from contracts.derive import checks
from contracts.derive.spark import struct_type

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

EVENT = {
    "event_id": "e1",
    "event_time": datetime(2019, 10, 1, 12, tzinfo=UTC),
    "event_date": date(2019, 10, 1),
    "event_type": "view",
    "product_id": "mug",
    "price": Decimal("4.50"),
}
LINE = {
    "order_item_id": "o1-1",
    "order_id": "o1",
    "line_type": "sale",
    "item_kind": "product",
    "product_id": "mug",
    "quantity": 3,
    "unit_price": Decimal("4.50"),
    "amount": Decimal("13.50"),
    "ordered_at": datetime(2019, 10, 1, 12, tzinfo=UTC),
    "order_date": date(2019, 10, 1),
}
FILE = {
    "run_id": "r1",
    "file_kind": "events",
    "source_file": "s3://raw/a.csv",
    "sha256": "0" * 64,
    "bytes": 0,
    "fingerprint": "f",
    "partitions": [],
    "status": "loaded",
    "recorded_at": datetime(2019, 10, 1, 12, tzinfo=UTC),
}


CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("events", EVENT, []),
    ("events", EVENT | {"price": None}, []),
    ("events", EVENT | {"price": Decimal(0)}, []),
    ("events", EVENT | {"price": Decimal("-0.01")}, ["price_range"]),
    ("events", EVENT | {"event_type": "View"}, ["event_type_enum"]),
    ("events", EVENT | {"event_type": None}, ["event_type_required"]),
    ("events", EVENT | {"event_id": None, "product_id": None}, ["event_id_required", "product_known"]),
    ("events", EVENT | {"event_time": datetime(1970, 1, 1, tzinfo=UTC)}, ["event_time_plausible"]),
    ("order_items", LINE, []),
    ("order_items", LINE | {"amount": Decimal("13.51")}, ["amount_product"]),
    (
        "order_items",
        LINE | {"unit_price": Decimal("-4.50"), "amount": Decimal("-13.50")},
        ["unit_price_sign"],
    ),
    (
        "order_items",
        LINE | {"unit_price": Decimal("-4.50"), "amount": Decimal("-13.50"), "line_type": "adjustment"},
        [],
    ),
    ("order_items", LINE | {"line_type": "return"}, ["return_sign"]),
    ("order_items", LINE | {"line_type": "return", "quantity": -3, "amount": Decimal("-13.50")}, []),
    ("etl_files", FILE, []),
    ("etl_files", FILE | {"sha256": "A" * 64}, ["sha256_pattern"]),
    ("etl_files", FILE | {"sha256": "0" * 65, "bytes": -1}, ["sha256_pattern", "bytes_range"]),
]


@pytest.fixture(scope="module")
def broken(spark: SparkSession) -> list[list[str]]:
    """Of each case in CASES the names of the rules its row breaks; one Spark job per table, not per row."""
    broken: dict[int, list[str]] = {}
    for table in sorted({table for table, _, _ in CASES}):
        contract, rules = load(table), checks.rules(load(table))
        rows = [(number, row) for number, (name, row, _) in enumerate(CASES) if name == table]
        values = [(number, *(row.get(column.name) for column in contract.data_columns)) for number, row in rows]
        schema = T.StructType([T.StructField("_case", T.IntegerType()), *struct_type(contract).fields])
        verdicts = [f"({rule.expression}) as {rule.name}" for rule in rules]
        for verdict in spark.createDataFrame(values, schema).selectExpr("_case", *verdicts).collect():
            broken[verdict["_case"]] = [rule.name for rule in rules if verdict[rule.name] is False]
    return [broken[number] for number in range(len(CASES))]


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: f"{CASES[number][0]}-{number}")
def test_a_row_breaks_the_rules_it_should(broken: list[list[str]], number: int) -> None:
    assert broken[number] == CASES[number][2]


def test_a_literal_is_the_text_it_came_from(spark: SparkSession) -> None:
    texts = ["it's", "back\\slash", "\\'", "two\nlines", "tab\t%_", "größer ≥ 1", '"quoted"', "\\u0041"]

    literals = ", ".join(checks.text_literal(text) for text in texts)

    assert spark.range(1).selectExpr(f"array({literals}) as texts").collect()[0].texts == texts


@pytest.mark.parametrize(
    ("options", "expression"),
    [
        ({"required": True}, ["c is not null"]),
        ({"enum": ("a", "it's")}, [r"c in ('a', 'it\'s')"]),
        ({"minimum": 0}, ["c >= 0"]),
        ({"minimum": Decimal("0.5"), "maximum": Decimal("1E+3")}, ["c >= 0.5 and c <= 1000"]),
        ({"pattern": r"^\d+$"}, [r"c rlike '^\\d+$'"]),
        ({"physical_type": "date", "minimum": "2000-01-01"}, ["c >= date '2000-01-01'"]),
        ({"physical_type": "timestamp", "maximum": "2000-01-01T00:00:00Z"}, ["c <= timestamp '2000-01-01T00:00:00Z'"]),
        ({}, []),
    ],
)
def test_an_option_becomes_an_expression(options: dict[str, Any], expression: list[str]) -> None:
    column = Column(**{"name": "c", "physical_type": "string", "logical_type": "string", "description": "A column."} | options)

    assert [rule.expression for rule in checks.column_rules(column)] == expression


def test_partition_columns_have_no_rules_because_no_row_brings_them() -> None:
    assert not {rule.column for rule in checks.rules(load("events"))} & {"source", "period"}
