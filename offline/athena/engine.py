"""Runs Athena's SELECT on DuckDB over the Parquet of a local lake, with everything else locked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp
from sqlglot.errors import SqlglotError

from athena_queries.parameters import fill
from athena_queries.result import Result
from contracts.errors import UsageError
from offline.athena import athena_types, functions, python_functions
from offline.athena.duckdb_errors import damaged_among, limit_memory, named_errors
from offline.athena.model import Table, View
from offline.athena.paths import path_list
from offline.athena.resolver import HIDDEN, VIEW_PREFIX, Catalog
from offline.athena.statements import Statement, classify
from offline.athena.table_columns import hidden_columns, typed_column
from offline.athena.translate import Translation, translate
from offline.athena.values import python_form, python_row

_SETTINGS = {
    "timezone": "UTC",
    "python_enable_replacements": "false",  # a name in a query is never a variable of this program
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "enable_external_access": "false",
    "enable_profiling": "no_output",  # counts the bytes that a query reads
    "enable_external_file_cache": "false",  # a cached byte would not be counted
    "lock_configuration": "true",
}


class AthenaEngine:
    """Runs queries over `tables` and `views` (by `zone.name`). A query sees the files that exist when it starts.

    The connection may read the tables' folders and nothing else: no other file, no network, no extension, no setting.
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        views: Mapping[str, View] | None = None,
        *,
        databases: Mapping[str, str] | None = None,
        default_database: str | None = None,
        memory: str | None = None,
        skip_damaged: bool = False,
    ) -> None:
        self._catalog = Catalog(tables, views, databases, default=default_database)
        self._skip_damaged = skip_damaged
        self.damaged: dict[Path, str] = {}
        self._functions: set[str] = set()
        self._connection = duckdb.connect(":memory:")
        folders = sorted({str(t.path.resolve()) for t in self._catalog.tables.values()})
        self._connection.execute(f"set allowed_directories = {path_list(folders)}")
        limit_memory(self._connection, memory)
        for setting, value in _SETTINGS.items():
            self._connection.execute(f"set {setting} = '{value}'")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        """Run one statement in Athena's dialect; each `?` in it takes the next of `parameters`.

        LakeError with one sentence if the statement is wrong.
        """
        statement = classify(fill(sql, parameters) if parameters else sql)
        if statement.kind == "tables":
            return self._show_tables(statement)
        if statement.kind == "schemas":
            zones = self._catalog.zones()
            return Result([("schema", "varchar")], [(self._catalog.databases.get(z, z),) for z in zones])
        if statement.kind == "describe":
            return self._describe(statement.name)
        translation = translate(statement.sql, self._catalog)
        if statement.kind == "explain":
            return self._explain(translation)
        return self._run(translation)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query as dictionaries by column name."""
        result = self.query(sql, parameters)
        return [dict(zip([name for name, _ in result.columns], row, strict=True)) for row in result.rows]

    def duckdb_sql(self, sql: str) -> str:
        """The SQL that DuckDB runs for a query."""
        return translate(classify(sql).sql, self._catalog).sql

    def close(self) -> None:
        self._connection.close()

    def _show_tables(self, statement: Statement) -> Result:
        zone = self._catalog.zone(statement.name)
        if zone and zone not in self._catalog.zones():
            known = [self._catalog.databases.get(z, z) for z in self._catalog.zones()]
            raise UsageError(f"There is no database {statement.name}; the databases are {' and '.join(known)}.")
        patterns = [part.strip().replace("%", "*") or "*" for part in statement.pattern.lower().split("|")]
        keys = sorted(key.rpartition(".") for key in (*self._catalog.tables, *self._catalog.views))
        rows = [(z, name) for z, _, name in keys if zone in ("", z) and any(fnmatch(name, pattern) for pattern in patterns)]
        return Result([("schema", "varchar"), ("table", "varchar")], rows)

    def _describe(self, name: str) -> Result:
        key = self._catalog.find(name)
        partitions = self._catalog.tables[key].partition_columns if key in self._catalog.tables else ()
        columns = [(c, "varchar") for c in ("column", "type", "extra")]
        rows = [
            (column, athena_types.type_name(athena_types.build(text)), "partition key" if column in partitions else "")
            for column, text in self._catalog.columns(key)
        ]
        return Result(columns, rows)

    def _explain(self, translation: Translation) -> Result:
        self._refresh_views(translation)
        self._install_functions(translation.sql)
        rows = self._guarded(lambda: self._connection.execute(f"explain {translation.sql}").fetchall())
        return Result([("Query Plan", "varchar")], [(line,) for _, plan in rows for line in plan.rstrip().splitlines()])

    def _run(self, translation: Translation) -> Result:
        self._refresh_views(translation)
        result: Result = self._guarded(lambda: self._fetch(translation), *translation.tables)
        return result

    def _install_functions(self, sql: str) -> None:
        # Only those called: creating all macros takes longer than a small query.
        macros = functions.called(sql) - self._functions
        functions.install(self._connection, macros)
        self._functions |= macros
        for name in sorted(python_functions.called(sql) - self._functions):
            python_functions.install(self._connection, name)
            self._functions.add(name)

    def _fetch(self, translation: Translation) -> Result:
        self._install_functions(translation.sql)
        relation = self._connection.sql(translation.sql)
        names = [name for name, _ in translation.columns]
        types = [str(t) for t in relation.types]
        forms = [
            python_form(i, duck, kind) for i, (duck, (_, kind)) in enumerate(zip(types, translation.columns, strict=True), 1)
        ]
        if any(form != f"#{i}" for i, form in enumerate(forms, 1)):
            self._install_functions(" ".join(forms))
            relation = relation.project(", ".join(f"{form} as c{i}" for i, form in enumerate(forms)))
        rows = [python_row(row, types) for row in relation.fetchall()]
        columns = [
            (n, k if k != "unknown" else _athena_type(t)) for n, (_, k), t in zip(names, translation.columns, types, strict=True)
        ]
        return Result(columns, rows, self._scanned_bytes())

    def arrow(self, sql: str) -> tuple[list[tuple[str, str]], Any, int]:
        """Columns with their types, an Arrow table of the rows, and the bytes read, for one query."""
        translation = translate(classify(sql).sql, self._catalog)
        self._refresh_views(translation)
        self._install_functions(translation.sql)
        table = self._guarded(lambda: self._connection.sql(translation.sql).to_arrow_table(), *translation.tables)
        named = table.rename_columns([name for name, _ in translation.columns])
        return list(translation.columns), named, self._scanned_bytes()

    def columns_of(self, sql: str) -> list[tuple[str, str]]:
        """The columns of a query and their types, without running it."""
        return list(translate(classify(sql).sql, self._catalog).columns)

    def interrupt(self) -> None:
        """End the running query with an error."""
        self._connection.interrupt()

    def _scanned_bytes(self) -> int:
        profile = json.loads(self._connection.get_profiling_information(format="json"))
        return int((profile.get("io") or {}).get("total_bytes_read", 0))

    def _refresh_views(self, translation: Translation) -> None:
        for key in translation.tables:
            table = self._catalog.tables[key]
            needed = translation.partitions.get(key)
            files = needed.files(table.files()) if needed is not None else table.files()
            statement = self._guarded(lambda table=table, files=files: self._readable_view(table, files), key)
            self._guarded(
                lambda s=statement, key=key: self._connection.execute(f'create or replace view "{VIEW_PREFIX}{key}" as {s}')
            )

    def _readable_view(self, table: Table, files: list[Path]) -> str:
        """The view; with `skip_damaged`, without the files that cannot be read."""
        try:
            return self._view(table, files)
        except duckdb.Error:
            damaged = damaged_among(files) if self._skip_damaged else {}
            if not damaged:
                raise
            self.damaged |= damaged
            return self._view(table, [file for file in files if file not in damaged])

    def _view(self, table: Table, paths: Sequence[Path]) -> str:
        """A SELECT of exactly the declared columns in their declared types; other columns of the files are dropped."""
        typed = [(name.lower(), _duckdb_type(text)) for name, text in table.columns]
        files = [str(path.resolve()) for path in paths]
        if not files:
            hidden = [(name, "varchar") for name in HIDDEN]
            nulls = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in [*typed, *hidden])
            return f"select {nulls} where false"
        partitions = ", ".join(f"'{p}': VARCHAR" for p in table.partition_columns)
        # DuckDB takes no empty list of types; a folder such as day=1 of a table without partitions is only a folder.
        hive = f"true, hive_types_autocast = false, hive_types = {{{partitions}}}" if partitions else "false"
        source = f"read_parquet({path_list(files)}, union_by_name = true, filename = true, hive_partitioning = {hive})"
        there = {c[0].lower() for c in self._connection.execute(f"describe select * from {source}").fetchall()}
        columns = [typed_column(name, kind, present=name in there) for name, kind in typed]
        return f"select {', '.join([*columns, *hidden_columns(table)])} from {source}"

    def _guarded(self, action: Any, *tables: str) -> Any:
        """What the action returns; its errors in one sentence, which names a damaged file of these tables."""
        try:
            with named_errors(file for key in tables for file in self._catalog.tables[key].files()):
                return action()
        except duckdb.Error as error:
            raise UsageError(_sentence(error)) from None


@cache
def _duckdb_type(text: str) -> str:
    """DuckDB's name of a type in a contract. There are few, and each takes a parser."""
    return athena_types.duckdb_text(athena_types.build(text))


def _athena_type(duck: str) -> str:
    """Athena's name of a DuckDB type, for the rare expression whose type was not inferred; a bare null is `unknown`."""
    try:
        return athena_types.type_name(athena_types.canonical(exp.DataType.build(duck, dialect="duckdb")))
    except SqlglotError:
        return "unknown"


def _sentence(error: duckdb.Error) -> str:
    text = " ".join(str(error).split("\n\n")[0].split("\n")[0].split())
    if "Division by zero" in text:
        return "Division by zero: Athena stops here too; write x / nullif(y, 0)."
    if match := re.search(r"Athena<(.+)>", text):
        return f"{match[1][0].upper()}{match[1][1:]}: Athena stops here too; use try(…) or try_cast(…) where it may happen."
    if match := re.search(r"Offline<(.+)>", text):
        return f"{match[1][0].upper()}{match[1][1:]}."
    if "Map keys must be unique" in text:
        return "A map would get the same key twice: Athena keeps any one of the values; aggregate per key first."
    text = re.sub(r"^[A-Z][\w ]*Error: ", "", text)
    return f"The query failed: {text.replace(VIEW_PREFIX, '').rstrip('.!')}."
