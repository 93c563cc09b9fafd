"""A contract as Spark types."""

from __future__ import annotations

from pyspark.sql import types as T

from contracts.model import Contract
from contracts.physical import PhysicalType, parse_type

_PLAIN: dict[str, type[T.DataType]] = {
    "string": T.StringType,
    "int": T.IntegerType,
    "bigint": T.LongType,
    "double": T.DoubleType,
    "boolean": T.BooleanType,
    "date": T.DateType,
    "timestamp": T.TimestampType,
}


def struct_type(contract: Contract, *, partitions: bool = False) -> T.StructType:
    """The data columns, and after them the partition columns if asked, as a StructType.

    Every field is nullable: `required` is a check that sends a row to quarantine, not a reason for Spark to fail.
    """
    columns = contract.columns if partitions else contract.data_columns
    return T.StructType([T.StructField(column.name, data_type(column.physical_type)) for column in columns])


def data_type(text: str) -> T.DataType:
    """The Spark type that a contract's physicalType spells; ValueError for a text no contract may hold."""
    physical = parse_type(text)
    if physical is None:
        raise ValueError(f"{text} is no physicalType of a contract")
    return _convert(physical)


def _convert(physical: PhysicalType) -> T.DataType:
    if physical.base == "decimal":
        return T.DecimalType(physical.precision, physical.scale)
    if physical.item is None:
        return _PLAIN[physical.base]()
    item = _convert(physical.item)
    return T.ArrayType(item) if physical.base == "array" else T.MapType(T.StringType(), item)
