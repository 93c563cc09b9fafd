"""A contract as a table of the Glue Data Catalog, in the shape of CloudFormation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.model import Column, Contract
from contracts.periods import GRAINS, months

COMMENT_LIMIT = 255  # the catalog refuses longer comments
DESCRIPTION_LIMIT = 2048
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionRange:
    """The partitions that queries find: those of `sources`, from `first` to `last`, by `grain` (month or day)."""

    sources: Sequence[str]
    grain: str
    first: date
    last: date


def table_input(contract: Contract, *, location: str, span: PartitionRange) -> dict[str, Any]:
    """The table's TableInput; `location` is the URI of the folder with its partitions."""
    return {
        "Name": contract.name,
        "Description": _cut(contract.description, DESCRIPTION_LIMIT),
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "classification": "parquet",
            "contract_version": contract.version,
            "grain": contract.grain,
            "owner": contract.owner,
            **projection(contract, location=location, span=span),
        },
        "PartitionKeys": partition_keys(contract),
        "StorageDescriptor": {
            "Columns": columns(contract),
            # Without the trailing slash, products would include products_archive.
            "Location": f"{location}/",
            "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        },
    }


def projection(contract: Contract, *, location: str, span: PartitionRange) -> dict[str, str]:
    """Table parameters for partition projection: Athena and Trino compute the partitions, so none has to be registered.

    Days are a projected date in the format that Trino requires. Trino supports no months there (neither the interval nor a
    format without days), so months are listed one by one, which both engines accept.
    """
    folders = "".join(f"/{name}=${{{name}}}" for name in contract.partition_columns)
    parameters = {
        "projection.enabled": "true",
        "projection.source.type": "enum",
        "projection.source.values": ",".join(sorted(span.sources)),
        "storage.location.template": f"{location}{folders}/",
    }
    if "period" not in contract.partition_columns:
        return parameters
    if span.grain == "month":
        return {
            **parameters,
            "projection.period.type": "enum",
            "projection.period.values": ",".join(months(span.first, span.last)),
        }
    return {
        **parameters,
        "projection.period.type": "date",
        "projection.period.format": GRAINS[span.grain],
        # A shop's clock may be ahead of ours.
        "projection.period.range": f"{span.first.isoformat()},NOW+1DAYS",
        "projection.period.interval": "1",
        "projection.period.interval.unit": "DAYS",
    }


def columns(contract: Contract) -> list[dict[str, str]]:
    """The columns inside the files, each as Name, Type and Comment."""
    return _entries(contract.data_columns)


def partition_keys(contract: Contract) -> list[dict[str, str]]:
    """The partition columns in their order, each as Name, Type and Comment."""
    return _entries(contract.column(name) for name in contract.partition_columns)


def _entries(columns_: Iterable[Column]) -> list[dict[str, str]]:
    return [
        {"Name": column.name, "Type": column.physical_type, "Comment": _cut(column.description, COMMENT_LIMIT)}
        for column in columns_
    ]


def _cut(text: str, limit: int) -> str:
    """The text, cut at a word to fit the catalog's limit; the contract has all of it."""
    if len(text) <= limit:
        return text
    return text[: limit - 2].rsplit(" ", 1)[0] + " …"
