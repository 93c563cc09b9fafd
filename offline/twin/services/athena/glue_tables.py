"""Tables and views of the Glue catalog for the SQL engine, and views written to it as Athena writes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from moto.glue.models import FakeTable, GlueBackend, glue_backends

from contracts.errors import UsageError
from offline.athena import AthenaEngine, Table, View
from offline.twin.endpoint import ACCOUNT, REGION

_PREFIX, _SUFFIX = "/* Presto View: ", " */"


def backend() -> GlueBackend:
    return glue_backends[ACCOUNT][REGION]


def tables(database: str | None = None) -> Iterator[tuple[str, FakeTable]]:
    """The tables and views as (database.name, table)."""
    for name, content in sorted(backend().databases.items()):
        if database in (None, name):
            yield from ((f"{name}.{table.name}", table) for _, table in sorted(content.tables.items()))


def definition(table: FakeTable) -> dict[str, Any]:
    """The table's input as it was last written."""
    return dict(table.get_version(str(table._current_version)))  # noqa: SLF001 - moto keeps the newest there


def is_view(table: FakeTable) -> bool:
    return definition(table).get("TableType") == "VIRTUAL_VIEW"


def view_sql(table: FakeTable) -> str:
    text = definition(table)["ViewOriginalText"].removeprefix(_PREFIX).removesuffix(_SUFFIX)
    return str(json.loads(base64.b64decode(text))["originalSql"])


def columns(table: FakeTable) -> list[tuple[str, str]]:
    entry = definition(table)
    described = [*entry.get("StorageDescriptor", {}).get("Columns", []), *entry.get("PartitionKeys", [])]
    return [(column["Name"], column.get("Type", "string")) for column in described]


def partition_columns(table: FakeTable) -> list[str]:
    return [column["Name"] for column in definition(table).get("PartitionKeys", [])]


def location(table: FakeTable) -> str:
    return str(definition(table).get("StorageDescriptor", {}).get("Location", ""))


def folder_of(address: str, buckets: Path) -> Path:
    """The folder of an address such as s3://bucket/prefix/."""
    parts = urlsplit(address)
    return buckets / parts.netloc / parts.path.strip("/")


def open_engine(buckets: Path, *, database: str | None, memory: str | None = None) -> AthenaEngine:
    """The SQL engine over the whole catalog. Names without a database are looked up in `database` first."""
    found: dict[str, Table] = {}
    views: dict[str, View] = {}
    for key, table in tables():
        if is_view(table):
            views[key] = View(view_sql(table), tuple(columns(table)))
        elif location(table).startswith("s3://"):
            found[key] = Table(
                name=str(table.name),
                path=folder_of(location(table), buckets),
                columns=tuple(columns(table)),
                partition_columns=tuple(partition_columns(table)),
                location=location(table).rstrip("/"),
            )
    return AthenaEngine(found, views, default_database=database, memory=memory)


def split_name(name: str, database: str | None) -> tuple[str, str]:
    """(database, name) of a name as it is written in a statement."""
    parts = name.removeprefix("awsdatacatalog.").split(".")
    if len(parts) == 1:
        if not database:
            raise UsageError(f"{name}: name the database, as in database.{name}, or choose one for the query.")
        return database, parts[0]
    return parts[-2], parts[-1]


def existing(name: str, database: str | None) -> FakeTable | None:
    schema, table = split_name(name, database)
    if schema not in backend().databases:
        raise UsageError(f"SCHEMA_NOT_FOUND: Schema {schema} does not exist.")
    found: FakeTable | None = backend().databases[schema].tables.get(table)
    return found


def put_view(
    name: str, database: str | None, sql: str, described: Sequence[tuple[str, str]], parameters: Mapping[str, str] | None = None
) -> None:
    """Create or replace a view."""
    schema, view = split_name(name, database)
    presto = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database or schema,
        "columns": [{"name": column, "type": kind} for column, kind in described],
    }
    entry = {
        "Name": view,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View", **(parameters or {})},
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Location": "",
            "SerdeInfo": {},
            "Columns": [{"Name": column, "Type": hive_type(kind)} for column, kind in described],
        },
        "ViewOriginalText": f"{_PREFIX}{base64.b64encode(json.dumps(presto).encode()).decode()}{_SUFFIX}",
        "ViewExpandedText": "/* Presto View */",
    }
    put_table(schema, entry)


def put_table(schema: str, entry: dict[str, Any]) -> None:
    if entry["Name"] in backend().get_database(schema).tables:
        backend().delete_table(schema, entry["Name"])
    backend().create_table(schema, entry["Name"], entry)


def hive_type(kind: str) -> str:
    """Athena's type of a query as the catalog names it: varchar → string, array(bigint) → array<bigint>."""
    text = kind.replace("varchar", "string").replace("integer", "int").replace("varbinary", "binary").replace("real", "float")
    text = text.replace("timestamp(0)", "timestamp").replace("timestamp(3)", "timestamp").replace("timestamp(6)", "timestamp")
    text = text.replace("json", "string")
    if text.startswith(("array(", "map(", "row(")):
        head, _, rest = text.partition("(")
        inner = [hive_type(part.strip()) for part in _parts(rest.removesuffix(")"))]
        if head == "row":
            pairs = (part.partition(" ") for part in inner)
            return "struct<" + ",".join(f"{name}:{hive_type(of)}" for name, _, of in pairs) + ">"
        return f"{head}<{','.join(inner)}>"
    return text


def _parts(text: str) -> list[str]:
    pieces, depth, current = [], 0, ""
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            pieces.append(current)
            current = ""
        else:
            current += letter
    return [*pieces, current]
