"""What each statement does in the local catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from pathlib import Path

from moto.glue.models import FakeTable

from athena_queries.parameters import fill_texts
from contracts.errors import UsageError
from offline.athena import AthenaEngine
from offline.athena.ddl import Ddl, parse_statement, plain
from offline.twin.services.athena import glue_tables, prepared, writing
from offline.twin.services.athena.executions import Execution, Output

TEXT = "varchar"


class Statements:
    """Runs the statements of executions over the buckets' folders."""

    def __init__(self, buckets: Path) -> None:
        self._buckets = buckets

    def run(self, execution: Execution) -> Output:
        ddl = parse_statement(execution.query)
        if ddl.kind == "execute":
            execution.parameters = list(ddl.values)
            ddl = parse_statement(prepared.statement(execution.workgroup, plain(ddl.name)))
        if ddl.kind in ("query", "ctas", "unload", "explain") and execution.parameters is not None:
            ddl = Ddl(
                ddl.kind, ddl.name, fill_texts(ddl.sql, execution.parameters), properties=ddl.properties, lenient=ddl.lenient
            )
        handler: Callable[[Execution, Ddl], Output] = getattr(self, f"_{ddl.kind}")
        return handler(execution, ddl)

    def _engine(self, execution: Execution) -> AthenaEngine:
        execution.engine = glue_tables.open_engine(self._buckets, database=execution.database)
        return execution.engine

    def _query(self, execution: Execution, ddl: Ddl) -> Output:
        engine = self._engine(execution)
        try:
            result = engine.query(ddl.sql)
        finally:
            execution.engine = None
            engine.close()
        return Output.of(result.columns, result.rows, result.scanned_bytes)

    def _explain(self, execution: Execution, ddl: Ddl) -> Output:
        engine = self._engine(execution)
        try:
            return _listed("Query Plan", (row[0] for row in engine.query(f"explain {ddl.sql}").rows))
        finally:
            engine.close()

    def _create_view(self, execution: Execution, ddl: Ddl) -> Output:
        name = plain(ddl.name)
        if not ddl.replace and glue_tables.existing(name, execution.database) is not None:
            raise UsageError(f"View already exists: {name}; use CREATE OR REPLACE VIEW.")
        table = glue_tables.existing(name, execution.database)
        if table is not None and not glue_tables.is_view(table):
            raise UsageError(f"{name} is a table, not a view; choose another name.")
        engine = self._engine(execution)
        try:
            columns = engine.columns_of(ddl.sql)
        finally:
            engine.close()
        twice = {column for column, _ in columns if [c.lower() for c, _ in columns].count(column.lower()) > 1}
        unnamed = [column for column, _ in columns if column.startswith("_col")]
        if twice or unnamed:
            raise UsageError(f"{name}: column {(*sorted(twice), *unnamed)[0]} needs a name of its own; write … as name.")
        glue_tables.put_view(name, execution.database, ddl.sql, columns)
        return Output()

    def _drop_view(self, execution: Execution, ddl: Ddl) -> Output:
        return self._drop(execution, ddl, is_view=True)

    def _drop_table(self, execution: Execution, ddl: Ddl) -> Output:
        table = glue_tables.existing(plain(ddl.name), execution.database)
        if table is not None and glue_tables.definition(table).get("Parameters", {}).get("created_by") != "athena":
            raise UsageError(
                f"DROP TABLE {plain(ddl.name)} is refused: a contract defines the table; only tables of CTAS are dropped."
            )
        return self._drop(execution, ddl, is_view=False)

    def _drop(self, execution: Execution, ddl: Ddl, *, is_view: bool) -> Output:
        name = plain(ddl.name)
        table = glue_tables.existing(name, execution.database)
        if table is None or glue_tables.is_view(table) != is_view:
            if ddl.lenient and table is None:
                return Output()
            raise UsageError(
                f"{'View' if is_view else 'Table'} {name} does not exist; SHOW {'VIEWS' if is_view else 'TABLES'} lists them."
            )
        glue_tables.backend().delete_table(*glue_tables.split_name(name, execution.database))
        return Output()

    def _ctas(self, execution: Execution, ddl: Ddl) -> Output:
        name = plain(ddl.name)
        schema, table_name = glue_tables.split_name(name, execution.database)
        if glue_tables.existing(name, execution.database) is not None:
            if ddl.lenient:
                return Output(manifest=[])
            raise UsageError(f"Table {name} already exists; drop it first, or choose another name.")
        address = str(ddl.properties.get("external_location") or f"{execution.location.rstrip('/')}/tables/{execution.id}/")
        columns, written, scanned = self._written(execution, ddl, address)
        partitions = [plain(part) for part in ddl.properties.get("partitioned_by", [])]
        described = [{"Name": column.lower(), "Type": glue_tables.hive_type(kind)} for column, kind in columns]
        entry = {
            "Name": table_name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", "created_by": "athena"},
            "PartitionKeys": [column for column in described if column["Name"] in partitions],
            "StorageDescriptor": {
                "Location": address,
                "Columns": [column for column in described if column["Name"] not in partitions],
                "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
            },
        }
        glue_tables.put_table(schema, entry)
        return Output(scanned_bytes=scanned, manifest=written)

    def _unload(self, execution: Execution, ddl: Ddl) -> Output:
        _, written, scanned = self._written(execution, ddl, ddl.name)
        return Output(scanned_bytes=scanned, manifest=written)

    def _written(self, execution: Execution, ddl: Ddl, address: str) -> tuple[list[tuple[str, str]], list[str], int]:
        engine = self._engine(execution)
        try:
            columns, table, scanned = engine.arrow(ddl.sql)
        finally:
            execution.engine = None
            engine.close()
        if ddl.kind == "ctas" and (unnamed := [column for column, _ in columns if column.startswith("_col")]):
            raise UsageError(f"MISSING_COLUMN_NAME: column {unnamed[0]} needs a name; write … as name.")
        written = writing.write(
            table, address, buckets=self._buckets, name=execution.id, properties=ddl.properties, in_use=ddl.kind.upper()
        )
        return columns, written, scanned

    def _create_database(self, _: Execution, ddl: Ddl) -> Output:
        name = plain(ddl.name)
        if name not in glue_tables.backend().databases:
            glue_tables.backend().create_database(name, {"Name": name}, None)
        elif not ddl.lenient:
            raise UsageError(f"Database {name} already exists.")
        return Output()

    def _drop_database(self, _: Execution, ddl: Ddl) -> Output:
        name = plain(ddl.name)
        if name not in glue_tables.backend().databases:
            if ddl.lenient:
                return Output()
            raise UsageError(f"Database does not exist: {name}.")
        if any(glue_tables.tables(name)):
            raise UsageError(f"Database {name} is not empty; drop its tables and views first.")
        del glue_tables.backend().databases[name]
        return Output()

    def _show_databases(self, _: Execution, ddl: Ddl) -> Output:
        return _listed("database_name", _matching(sorted(glue_tables.backend().databases), ddl.pattern))

    def _show_tables(self, execution: Execution, ddl: Ddl) -> Output:
        return _listed("tab_name", _matching(self._names(execution, ddl), ddl.pattern))

    def _show_views(self, execution: Execution, ddl: Ddl) -> Output:
        names = self._names(execution, ddl, only_views=True)
        return _listed("views", _matching(names, ddl.pattern))

    def _names(self, execution: Execution, ddl: Ddl, *, only_views: bool = False) -> list[str]:
        database = plain(ddl.name).removeprefix("awsdatacatalog.") or execution.database or "default"
        if database not in glue_tables.backend().databases:
            raise UsageError(f"SCHEMA_NOT_FOUND: Database {database} does not exist; SHOW DATABASES lists them.")
        return [str(t.name) for _, t in glue_tables.tables(database) if not only_views or glue_tables.is_view(t)]

    def _show_columns(self, execution: Execution, ddl: Ddl) -> Output:
        return _listed("field", (name for name, _ in glue_tables.columns(self._found(execution, ddl))))

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
        return _listed("partition", sorted(place for place in places if not place.startswith(("_", "."))))

    def _show_create_view(self, execution: Execution, ddl: Ddl) -> Output:
        table = self._found(execution, ddl)
        if not glue_tables.is_view(table):
            raise UsageError(f"{plain(ddl.name)} is a table; use SHOW CREATE TABLE.")
        text = f"CREATE VIEW {table.name} AS\n{glue_tables.view_sql(table)}"
        return _listed("Create View", text.splitlines())

    def _show_create_table(self, execution: Execution, ddl: Ddl) -> Output:
        table = self._found(execution, ddl)
        keys = glue_tables.partition_columns(table)
        described = [(name, kind) for name, kind in glue_tables.columns(table) if name not in keys]
        lines = [f"CREATE EXTERNAL TABLE `{plain(ddl.name)}`("]
        lines += [f"  `{name}` {kind}{',' if i < len(described) else ')'}" for i, (name, kind) in enumerate(described, 1)]
        if keys:
            kinds = dict(glue_tables.columns(table))
            lines += ["PARTITIONED BY ( ", *(f"  `{k}` {kinds[k]}{',' if i < len(keys) else ')'}" for i, k in enumerate(keys, 1))]
        return _listed("createtab_stmt", [*lines, "STORED AS PARQUET", "LOCATION", f"  '{glue_tables.location(table)}'"])

    def _found(self, execution: Execution, ddl: Ddl) -> FakeTable:
        table = glue_tables.existing(plain(ddl.name), execution.database)
        if table is None:
            raise UsageError(f"TABLE_NOT_FOUND: Table {plain(ddl.name)} does not exist; SHOW TABLES lists the tables.")
        return table

    def _prepare(self, execution: Execution, ddl: Ddl) -> Output:
        parse_statement(ddl.sql)
        prepared.put(execution.workgroup, plain(ddl.name), ddl.sql)
        return Output()

    def _deallocate(self, execution: Execution, ddl: Ddl) -> Output:
        prepared.delete(execution.workgroup, plain(ddl.name))
        return Output()


def _matching(names: Iterable[str], pattern: str) -> list[str]:
    patterns = [part.strip().replace("%", "*") for part in pattern.lower().split("|")] if pattern else ["*"]
    return [name for name in names if any(fnmatch(name, part) for part in patterns)]


def _listed(column: str, values: Iterable[str]) -> Output:
    return Output([(column, TEXT)], [(value,) for value in values])
