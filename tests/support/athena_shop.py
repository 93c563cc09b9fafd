"""A small shop behind the local Athena: one partitioned table and two workgroups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from offline.twin.client import Twin
from tests.unit.offline.twin.conftest import ZONES

BUCKET = "shop-dev-curated"
CUTOFF = 10_000_000
COLUMNS = [{"Name": "product", "Type": "string"}, {"Name": "quantity", "Type": "int"}, {"Name": "net", "Type": "decimal(18,4)"}]
TEMPLATE: dict[str, Any] = {
    "Resources": {
        **ZONES["Resources"],
        "Shop": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}},
        "Results": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "results"}},
        "Database": {"Type": "AWS::Glue::Database", "Properties": {"DatabaseInput": {"Name": "shop_dev_lake"}}},
        "Sales": {
            "Type": "AWS::Glue::Table",
            "DependsOn": "Database",
            "Properties": {
                "DatabaseName": "shop_dev_lake",
                "TableInput": {
                    "Name": "sales",
                    "PartitionKeys": [{"Name": "source", "Type": "string"}],
                    "StorageDescriptor": {"Location": f"s3://{BUCKET}/sales", "Columns": COLUMNS},
                },
            },
        },
        "Analyst": {
            "Type": "AWS::Athena::WorkGroup",
            "Properties": {
                "Name": "analyst",
                "WorkGroupConfiguration": {
                    "EnforceWorkGroupConfiguration": True,
                    "BytesScannedCutoffPerQuery": CUTOFF,
                    "ResultConfiguration": {"OutputLocation": "s3://results/analyst/"},
                },
            },
        },
        "Narrow": {
            "Type": "AWS::Athena::WorkGroup",
            "Properties": {
                "Name": "narrow",
                "WorkGroupConfiguration": {
                    "EnforceWorkGroupConfiguration": True,
                    "BytesScannedCutoffPerQuery": 10,
                    "ResultConfiguration": {"OutputLocation": "s3://results/narrow/"},
                },
            },
        },
    },
    "Outputs": ZONES["Outputs"],
}
ROWS = {"a": "('mug', 2, 9.0000), ('pen', 5, 7.5000), (null, 1, null)", "b": "('it''s \"x\"', 3, 1.0000)"}


def serve_shop(folder: Path, serve: Callable[..., Twin]) -> Twin:
    """A local stack with the shop's rows."""
    twin = serve(folder, TEMPLATE)
    for source, rows in ROWS.items():
        target = twin.lake / "s3" / BUCKET / "sales" / f"source={source}"
        target.mkdir(parents=True)
        duckdb.sql(
            "copy (select product::varchar as product, quantity::int as quantity, net::decimal(18,4) as net "
            f"from (values {rows}) as t(product, quantity, net)) to '{target / 'part-0.parquet'}' (format parquet)"
        )
    return twin
