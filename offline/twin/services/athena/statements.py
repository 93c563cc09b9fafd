"""What each statement does in the local catalog."""

from __future__ import annotations

from collections.abc import Callable

from moto.glue.models import FakeTable

from athena_queries.parameters import fill_texts
from contracts.errors import UsageError
from offline.athena import AthenaEngine
from offline.athena.ddl import Ddl, parse_statement, plain
from offline.twin.services.athena import glue_tables, prepared, writing
from offline.twin.services.athena.executions import Execution, Output
from offline.twin.services.athena.listings import Listings, listed


class Statements(Listings):
    """Runs the statements of executions over the buckets' folders."""

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
            return listed("Query Plan", (row[0] for row in engine.query(f"explain {ddl.sql}").rows))
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
        if table is not None and not _is_own(table):
            raise UsageError(
                f"DROP TABLE {plain(ddl.name)} is refused: a contract defines the table; only tables of CTAS are dropped."
            )
        return self._drop(execution, ddl, is_view=False)

    def _set_properties(self, execution: Execution, ddl: Ddl) -> Output:
        table = self._found(execution, ddl)
        if not _is_own(table):
            raise UsageError(
                f"ALTER TABLE {plain(ddl.name)} is refused: a contract defines the table; only tables of CTAS change."
            )
        entry = glue_tables.definition(table)
        glue_tables.put_table(
            glue_tables.split_name(plain(ddl.name), execution.database)[0],
            entry | {"Parameters": {**entry["Parameters"], **ddl.properties}},
        )
        return Output()

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

    def _prepare(self, execution: Execution, ddl: Ddl) -> Output:
        parse_statement(ddl.sql)
        prepared.put(execution.workgroup, plain(ddl.name), ddl.sql)
        return Output()

    def _deallocate(self, execution: Execution, ddl: Ddl) -> Output:
        prepared.delete(execution.workgroup, plain(ddl.name))
        return Output()


def _is_own(table: FakeTable) -> bool:
    """Whether a statement made the table, not a contract."""
    return bool(glue_tables.definition(table).get("Parameters", {}).get("created_by") == "athena")
