"""Everything derived from a contract says the same as the contract, for every contract there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import duckdb
import jsonschema
import pyarrow.parquet as pq
import pytest
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from contracts import load_all
from contracts.derive import checks, docs, glue, json_schema
from contracts.derive.spark import struct_type
from contracts.physical import PhysicalType, parse_type

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

    from contracts import Contract

every_contract = pytest.mark.parametrize("contract", load_all().values(), ids=load_all())

DUCKDB_TYPES = {
    "string": "VARCHAR",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}


def fields(struct: T.StructType) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in struct.fields]


def catalog(entries: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(entry["Name"], entry["Type"]) for entry in entries]


def documented(page: str) -> list[tuple[str, str]]:
    """Name and type in the rows of the page's first table, the one of columns."""
    return re.findall(r"^\| `(\w+)` \| `([^`]+)` \| (?:never|may be) \| .+ \|$", page, flags=re.MULTILINE)


def duckdb_type(physical: PhysicalType) -> str:
    if physical.base == "decimal":
        return f"DECIMAL({physical.precision},{physical.scale})"
    if physical.item is None:
        return DUCKDB_TYPES[physical.base]
    item = duckdb_type(physical.item)
    return f"{item}[]" if physical.base == "array" else f"MAP(VARCHAR, {item})"


@every_contract
def test_every_derivation_has_the_columns_of_the_contract(contract: Contract) -> None:
    promised = [(column.name, column.physical_type) for column in contract.columns]
    partitions = list(contract.partition_columns)
    data = promised[: -len(partitions)]

    assert fields(struct_type(contract)) == data
    assert fields(struct_type(contract, partitions=True)) == promised
    assert catalog(glue.columns(contract)) == data
    assert catalog(glue.partition_keys(contract)) == promised[-len(partitions) :]
    assert list(json_schema.schema(contract)["properties"]) == [name for name, _ in data]
    assert documented(docs.markdown(contract)) == promised


@every_contract
def test_every_column_is_explained_and_nothing_in_the_catalog_is_too_long_for_it(contract: Contract) -> None:
    for entry in [*glue.columns(contract), *glue.partition_keys(contract)]:
        assert 4 <= len(entry["Comment"]) <= glue.COMMENT_LIMIT
        full = contract.column(entry["Name"]).description
        assert full.startswith(entry["Comment"].removesuffix(" …"))


@every_contract
def test_the_types_survive_parquet_and_are_read_alike_by_duckdb(contract: Contract, tmp_path: Path) -> None:
    file = tmp_path / "empty.parquet"
    pq.write_table(to_arrow_schema(struct_type(contract)).empty_table(), file)

    described = duckdb.execute("describe select * from read_parquet(?)", [str(file)]).fetchall()

    expected = [(column.name, parse_type(column.physical_type)) for column in contract.data_columns]
    assert [(row[0], row[1]) for row in described] == [(name, duckdb_type(kind)) for name, kind in expected if kind]


@every_contract
def test_the_json_schema_is_valid_and_closed(contract: Contract) -> None:
    schema = json_schema.schema(contract)

    jsonschema.Draft202012Validator.check_schema(schema)

    assert schema["additionalProperties"] is False
    assert schema["required"] == [column.name for column in contract.data_columns if column.required]


@every_contract
def test_every_rule_is_a_spark_boolean_over_the_columns(spark: SparkSession, contract: Contract) -> None:
    rules = checks.rules(contract)
    empty = spark.createDataFrame([], struct_type(contract))

    judged = empty.selectExpr(*[f"({rule.expression}) as {rule.name}" for rule in rules])

    assert {field.dataType for field in judged.schema.fields} <= {T.BooleanType()}
    assert judged.columns == [rule.name for rule in rules]
    assert len(set(judged.columns)) == len(judged.columns)
