"""One source's lake next to its expected tables, which DuckDB computes from the raw files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

import contracts
from glue_jobs import manifest
from tests.end_to_end.comparison import differences
from tests.support.frames import MARTS
from tests.support.lake_builder import BuiltLake, LakeBuilder

TRUTH = Path(__file__).parent / "truth"
PROCESSED = ("products", "customers", "events", "order_items", "orders")
# Few sources fill these; they are empty unless the source's truth creates them.
SPARSE = ("categories", "inventory", "product_properties")
# A source's truth may create this table itself; otherwise it follows from order_items.
OPTIONAL = "orders"
# The marts. Tables of analyses are checked in analysis_checks.py.
CURATED = tuple(sorted(mart.stem for mart in MARTS.glob("*.sql")))
LEDGER = ("quarantine", "etl_runs")
# A lake of the test cache was built on an earlier day.
RUN_DAY = "set variable run_day = (select max(started_at)::date from lake.etl_runs where job = 'marts')"
# Lines of days after the run belong to no figure of curated.
FUTURE = "update order_items set line_type = 'future' where ordered_at::date > getvariable('run_day')"


@dataclass(frozen=True)
class CheckedSource:
    """A source's tables in one DuckDB connection: those of the lake in schema `lake`, the expected ones in schema `truth`."""

    lake: BuiltLake
    raw: Path
    connection: duckdb.DuckDBPyConnection
    generated_ids: frozenset[str]

    def differences(self, table: str) -> str:
        """How the lake's table differs from the expected one, without ids that the lake generates; '' if it does not."""
        contract = contracts.load(table)
        generated = self.generated_ids & {column.name for column in contract.columns}
        key = () if generated & set(contract.key) else tuple(dict.fromkeys((*contract.key, *_period(contract))))
        return differences(
            self.connection, actual=f"lake.{table}", expected=f"truth.{table}", key=key, without=["source", *sorted(generated)]
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        result = self.connection.execute(query)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def row(self, query: str) -> tuple[Any, ...]:
        (only,) = self.connection.execute(query).fetchall()
        return tuple(only)

    def account(self, table: str, *, job: str = "conform") -> dict[str, Any]:
        """The table's one row in etl_runs."""
        (only,) = self.rows(f"from lake.etl_runs where table_name = '{table}' and job = '{job}'")
        return only

    def analyze(self, builder: LakeBuilder, job: str, *arguments: str, rename: Mapping[str, str] | None = None) -> None:
        """Run an analysis and load its tables into schema `lake`, renamed where `rename` has another name."""
        folder = builder.analyze(self.lake, job, *arguments)
        for table in manifest.job(job).writes:
            _load(self.connection, (rename or {}).get(table, table), table, folder / table)


def check_source(
    lake: BuiltLake, raw: Path, *, generated_ids: Sequence[str] = (), curated: Sequence[str] = CURATED
) -> CheckedSource:
    """Load the lake's tables and compute the expected ones from folder `raw`; without `curated`, only processed ones.

    An independent computation cannot know `generated_ids`: columns whose ids the lake itself generates.
    """
    connection = load_lake(lake, curated=curated)
    connection.execute("create schema truth")
    _compute_truth(connection, lake.source, raw, curated)
    return CheckedSource(lake, raw, connection, frozenset(generated_ids))


def load_lake(lake: BuiltLake, *, curated: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """The lake's tables in schema `lake`, with the columns of their contracts; empty where the lake wrote none.

    The variable `run_day` is the day on which the marts were built.
    """
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'; create schema lake")
    for zone, tables in (("processed", (*PROCESSED, *SPARSE, *LEDGER)), ("curated", curated)):
        for table in tables:
            _load(connection, table, table, lake.table(zone, table))
    connection.execute(RUN_DAY)
    return connection


def _load(connection: duckdb.DuckDBPyConnection, name: str, table: str, folder: Path) -> None:
    columns = contracts.load(table).columns
    if any(folder.rglob("*.parquet")):
        listed = ", ".join(f'"{column.name}"' for column in columns)
        files = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)"
        connection.execute(f"create or replace table lake.{name} as select {listed} from {files}")
    else:
        listed = ", ".join(f'"{column.name}" {_duckdb_type(column.physical_type)}' for column in columns)
        connection.execute(f"create or replace table lake.{name} ({listed})")


def _compute_truth(connection: duckdb.DuckDBPyConnection, source: str, raw: Path, curated: Sequence[str]) -> None:
    connection.execute("set variable raw = ?", [str(raw)])
    connection.execute((TRUTH / "sources" / f"{source}.sql").read_text(encoding="utf-8"))
    for name in SPARSE:
        columns = [column for column in contracts.load(name).columns if column.name != "source"]
        listed = ", ".join(f'"{column.name}" {_duckdb_type(column.physical_type)}' for column in columns)
        connection.execute(f"create table if not exists main.{name} ({listed})")
        connection.execute(f"create table truth.{name} as from main.{name}")
    for zone, names in (("processed", PROCESSED), ("curated", curated)):
        if zone == "curated":
            connection.execute(FUTURE)
        queries = {name: (TRUTH / zone / f"{name}.sql").read_text(encoding="utf-8") for name in names}
        if OPTIONAL in queries and _exists(connection, OPTIONAL):
            queries[OPTIONAL] = f"from main.{OPTIONAL}"
        for name in _in_order(queries):
            connection.execute(f"create table truth.{name} as {queries[name]}")


def _in_order(queries: Mapping[str, str]) -> list[str]:
    """The tables, each after those that its query reads."""
    references = {name: set(re.findall(r"\btruth\.(\w+)", query)) & queries.keys() - {name} for name, query in queries.items()}
    return list(TopologicalSorter(references).static_order())


def _period(contract: contracts.Contract) -> tuple[str, ...]:
    return tuple(name for name in contract.partition_columns if name != "source")


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    row = connection.execute("from duckdb_tables() where schema_name = 'main' and table_name = ?", [table])
    return row.fetchone() is not None


def _duckdb_type(spark: str) -> str:
    return {"string": "varchar", "array<string>": "varchar[]"}.get(spark, spark)
