"""SHOW and DESCRIBE: what the local catalog has, in the layout of Athena's answers."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

from moto.glue.models import FakeTable

from contracts.errors import UsageError
from offline.athena.ddl import Ddl, plain
from offline.twin.services.athena import glue_tables
from offline.twin.services.athena.executions import Execution, Output

TEXT = "varchar"


class Listings:
    """Answers about the catalog, and about the files below the buckets' folders."""

    def __init__(self, buckets: Path) -> None:
        self._buckets = buckets

    def _show_databases(self, _: Execution, ddl: Ddl) -> Output:
        return listed("database_name", _matching(sorted(glue_tables.backend().databases), ddl.pattern))

    def _show_tables(self, execution: Execution, ddl: Ddl) -> Output:
        return listed("tab_name", _matching(self._names(execution, ddl), ddl.pattern))

    def _show_views(self, execution: Execution, ddl: Ddl) -> Output:
        names = self._names(execution, ddl, only_views=True)
        return listed("views", _matching(names, ddl.pattern))

    def _names(self, execution: Execution, ddl: Ddl, *, only_views: bool = False) -> list[str]:
        database = plain(ddl.name).removeprefix("awsdatacatalog.") or execution.database or "default"
        if database not in glue_tables.backend().databases:
            raise UsageError(f"SCHEMA_NOT_FOUND: Database {database} does not exist; SHOW DATABASES lists them.")
        return [str(t.name) for _, t in glue_tables.tables(database) if not only_views or glue_tables.is_view(t)]

    def _show_columns(self, execution: Execution, ddl: Ddl) -> Output:
        return listed("field", (name for name, _ in glue_tables.columns(self._found(execution, ddl))))

    def _describe(self, execution: Execution, ddl: Ddl) -> Output:
        table = self._found(execution, ddl)
        keys = glue_tables.partition_columns(table)
        lines = [f"{name:20}\t{kind:20}\t{'':20}" for name, kind in glue_tables.columns(table)]
        if keys:
            kinds = dict(glue_tables.columns(table))
            lines += [
                "\t \t ",
                f"{'# Partition Information':23}\t \t ",
                f"{'# col_name':20}\t{'data_type':20}\t{'comment':20}",
                "\t \t ",
            ]
            lines += [f"{key:20}\t{kinds[key]:20}\t{'':20}" for key in keys]
        columns = [(name, TEXT) for name in ("col_name", "data_type", "comment")]
        return Output(columns, [tuple(line.split("\t")) for line in lines])

    def _show_partitions(self, execution: Execution, ddl: Ddl) -> Output:
        table = self._found(execution, ddl)
        if not glue_tables.partition_columns(table):
            raise UsageError(f"{plain(ddl.name)} is not partitioned.")
        folder = glue_tables.folder_of(glue_tables.location(table), self._buckets)
        places = {file.parent.relative_to(folder).as_posix() for file in folder.rglob("*.parquet")}
        return listed("partition", sorted(place for place in places if not place.startswith(("_", "."))))

    def _show_create_view(self, execution: Execution, ddl: Ddl) -> Output:
        table = self._found(execution, ddl)
        if not glue_tables.is_view(table):
            raise UsageError(f"{plain(ddl.name)} is a table; use SHOW CREATE TABLE.")
        text = f"CREATE VIEW {table.name} AS\n{glue_tables.view_sql(table)}"
        return listed("Create View", text.splitlines())

    def _show_create_table(self, execution: Execution, ddl: Ddl) -> Output:
        table = self._found(execution, ddl)
        keys = glue_tables.partition_columns(table)
        described = [(name, kind) for name, kind in glue_tables.columns(table) if name not in keys]
        lines = [f"CREATE EXTERNAL TABLE `{plain(ddl.name)}`("]
        lines += [f"  `{name}` {kind}{',' if i < len(described) else ')'}" for i, (name, kind) in enumerate(described, 1)]
        if keys:
            kinds = dict(glue_tables.columns(table))
            lines += ["PARTITIONED BY ( ", *(f"  `{k}` {kinds[k]}{',' if i < len(keys) else ')'}" for i, k in enumerate(keys, 1))]
        return listed("createtab_stmt", [*lines, "STORED AS PARQUET", "LOCATION", f"  '{glue_tables.location(table)}'"])

    def _found(self, execution: Execution, ddl: Ddl) -> FakeTable:
        table = glue_tables.existing(plain(ddl.name), execution.database)
        if table is None:
            raise UsageError(f"TABLE_NOT_FOUND: Table {plain(ddl.name)} does not exist; SHOW TABLES lists the tables.")
        return table


def _matching(names: Iterable[str], pattern: str) -> list[str]:
    patterns = [part.strip().replace("%", "*") for part in pattern.lower().split("|")] if pattern else ["*"]
    return [name for name in names if any(fnmatch(name, part) for part in patterns)]


def listed(column: str, values: Iterable[str]) -> Output:
    return Output([(column, TEXT)], [(value,) for value in values])
