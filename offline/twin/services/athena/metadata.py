"""Athena's calls about data catalogs, databases and tables, from the Glue catalog."""

from __future__ import annotations

from typing import Any

from moto.glue.models import FakeTable

from contracts.errors import UsageError
from offline.twin.services.athena import glue_tables
from offline.twin.services.athena.request import Request, page


class MetadataCalls:
    """One method for each call."""

    def list_data_catalogs(self, request: Request) -> dict[str, Any]:
        created = request.athena_backend.list_data_catalogs()
        return {"DataCatalogsSummary": [{"CatalogName": "AwsDataCatalog", "Type": "GLUE"}, *created]}

    def get_data_catalog(self, request: Request) -> dict[str, Any]:
        name = request.get("Name")
        if name.lower() == "awsdatacatalog":
            return {"DataCatalog": {"Name": "AwsDataCatalog", "Type": "GLUE"}}
        found = request.athena_backend.get_data_catalog(name)
        if not found:
            raise UsageError(f"DataCatalog {name} was not found.")
        return {"DataCatalog": found}

    def list_databases(self, request: Request) -> dict[str, Any]:
        databases = sorted(glue_tables.backend().databases.items())
        entries = [{"Name": name, "Description": one.input.get("Description", "")} for name, one in databases]
        return page(request, "DatabaseList", entries, 50)

    def get_database(self, request: Request) -> dict[str, Any]:
        name = request.get("DatabaseName").lower()
        if name not in glue_tables.backend().databases:
            raise UsageError(f"EntityNotFoundException: Database {name} not found.")
        return {"Database": {"Name": name, "Description": glue_tables.backend().databases[name].input.get("Description", "")}}

    def list_table_metadata(self, request: Request) -> dict[str, Any]:
        self.get_database(request)
        tables = [_metadata(table) for _, table in glue_tables.tables(request.get("DatabaseName").lower())]
        return page(request, "TableMetadataList", tables, 50)

    def get_table_metadata(self, request: Request) -> dict[str, Any]:
        name = f"{request.get('DatabaseName')}.{request.get('TableName')}".lower()
        table = glue_tables.existing(name, None)
        if table is None:
            raise UsageError(f"EntityNotFoundException: Table {name} not found.")
        return {"TableMetadata": _metadata(table)}


def _metadata(table: FakeTable) -> dict[str, Any]:
    entry = glue_tables.definition(table)

    def columns(described: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"Name": c["Name"], "Type": c.get("Type", "string"), "Comment": c.get("Comment", "")} for c in described]

    return {
        "Name": table.name,
        "TableType": entry.get("TableType", "EXTERNAL_TABLE"),
        "Columns": columns(entry.get("StorageDescriptor", {}).get("Columns", [])),
        "PartitionKeys": columns(entry.get("PartitionKeys", [])),
        "Parameters": entry.get("Parameters", {}) | {"location": glue_tables.location(table)},
    }
