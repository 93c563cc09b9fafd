"""Load a table or file into DuckDB as profiled_0, with the columns c0, c1, … that profiles are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from contracts import Contract
from contracts.errors import UsageError
from glue_jobs.algorithms.profiling.profile import Subject
from glue_jobs.algorithms.profiling.profile_sql import Cell
from glue_jobs.profiling import subjects_of
from offline.athena import limit_memory
from offline.athena.paths import path_list, path_literal

SUFFIXES = (".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".parquet")
OPTIONS = {
    "read_csv": ", sample_size = -1, store_rejects = true",
    "read_json": ", sample_size = -1, maximum_object_size = 268435456",
}


class DuckEngine:
    """Runs the SQL of profiles on DuckDB."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false"})
        self.connection.execute("set timezone = 'UTC'")
        limit_memory(self.connection)
        self.connection.execute("create macro unix_date(day) as date_diff('day', date '1970-01-01', day)")

    def create_cells(self, views: Mapping[str, Sequence[Cell]]) -> None:
        parts = [
            f"select {one.position} as position, '{one.part}' as part, {one.text} as text, {one.number} as number from {view}"
            for view, cells in views.items()
            for one in cells
        ]
        self.connection.execute(f"create or replace view cells as {' union all '.join(parts)}")

    def materialize(self, name: str, statement: str) -> None:
        self.connection.execute(f"create or replace table {name} as {statement}")

    def create_view(self, name: str, rows: Sequence[Mapping[str, Any]], *, texts: bool) -> None:
        column, kind = ("text", "varchar") if texts else ("upper", "double")
        self.connection.execute(f"create or replace table {name} (position integer, {column} {kind})")
        if rows:
            self.connection.executemany(f"insert into {name} values (?, ?)", [(row["position"], row[column]) for row in rows])

    def query(self, statement: str) -> list[dict[str, Any]]:
        result = self.connection.execute(statement)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def close(self) -> None:
        self.connection.close()


def load_table(engine: DuckEngine, contract: Contract, files: Sequence[Path]) -> list[Subject]:
    """Load one source of a table; UsageError if it has no files."""
    if not files:
        raise UsageError(f"{contract.name}: no rows yet; `shoplake run` builds it.")
    source = f"read_parquet({path_list(files)}, union_by_name = true, hive_partitioning = false)"
    _load(engine, source, [(column.name, column.physical_type) for column in contract.data_columns])
    return subjects_of(contract)


def load_file(engine: DuckEngine, path: Path) -> list[Subject]:
    """Load a CSV, JSON or Parquet file, plain or gzip; types are inferred from all rows.

    UsageError if there is no such file, or if it cannot be read.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such table or file; `shoplake tables` lists the tables.")
    name = path.name.removesuffix(".gz")
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: unsupported file type; expected {', '.join(SUFFIXES)}, optionally with .gz.")
    literal = path_literal(path)
    reader = {".json": "read_json", ".ndjson": "read_json", ".jsonl": "read_json", ".parquet": "read_parquet"}
    function = reader.get(suffix, "read_csv")
    source = f"{function}({literal}{OPTIONS.get(function, '')})"
    try:
        described = engine.connection.execute(f"describe select * from {source}").fetchall()
        columns = [(str(row[0]), str(row[1])) for row in described]
        _load(engine, source, columns)
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0].rstrip(".")
        raise UsageError(f"{path}: it cannot be read as {suffix[1:]} ({first}); fix it, or rename it to its real type.") from None
    return [Subject(name, _type(kind)) for name, kind in columns]


def rejected_lines(engine: DuckEngine) -> list[tuple[int, str]]:
    """(line, reason) of the lines of a CSV file that are not valid rows, such as one that is cut off."""
    has_rejects = engine.query("select 1 from duckdb_tables() where table_name = 'reject_errors'")
    if not has_rejects:
        return []
    rows = engine.query("select line, min(error_message) as reason from reject_errors group by line order by line")
    return [(int(row["line"]), str(row["reason"])) for row in rows]


def _type(kind: str) -> str:
    """The type in short, without the fields of nested types."""
    lower = kind.lower()
    return "struct" if lower.startswith("struct(") and not lower.endswith("]") else "array[]" if lower.endswith("]") else lower


def _load(engine: DuckEngine, source: str, columns: Sequence[tuple[str, str]]) -> None:
    """Read all rows at once, so that an invalid row is found here."""
    parts = []
    for place, (name, kind) in enumerate(columns):
        quoted = '"' + name.replace('"', '""') + '"'
        zoned = "with time zone" in kind.lower() or kind == "timestamp"
        parts.append(f"{f'cast({quoted} as timestamp)' if zoned else quoted} as c{place}")
    engine.materialize("profiled_0", f"select {', '.join(parts)} from {source}")
