"""A lake of its own for each source, built by the real jobs, with the truth about it computed beside it from the raw files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

import contracts
from glue_jobs import conform, marts
from tests.end_to_end.comparison import differences
from tests.support.frames import MARTS

TRUTH = Path(__file__).parent / "truth"
PROCESSED = ("products", "customers", "events", "order_items", "orders")
# Tables that few sources fill: what a source's truth does not create is empty.
SPARSE = ("categories", "inventory", "product_properties")
# The table that a source's truth may give itself; else it follows from order_items.
MAYBE_WHOLE = "orders"
# What a SELECT makes; tables of analyses are held to a truth of their own kind.
CURATED = tuple(sorted(mart.stem for mart in MARTS.glob("*.sql")))
LEDGERS = ("quarantine", "etl_runs")
INGEST_DATE = "2026-11-01"


@dataclass(frozen=True)
class Checked:
    """One source in the lake: `connection` has the lake's tables in schema `found` and the truth in schema `truth`."""

    source: str
    raw: Path
    connection: duckdb.DuckDBPyConnection
    made_ids: frozenset[str]

    def differences(self, table: str) -> str:
        """Where the lake's table departs from the truth; '' where it does not. Ids that the lake made are left out."""
        contract = contracts.load(table)
        made = self.made_ids & {column.name for column in contract.columns}
        key = () if made & set(contract.key) else tuple(dict.fromkeys((*contract.key, *self._period(contract))))
        return differences(
            self.connection, found=f"found.{table}", expected=f"truth.{table}", key=key, without=["source", *sorted(made)]
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        result = self.connection.execute(query)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def row(self, query: str) -> tuple[Any, ...]:
        (only,) = self.connection.execute(query).fetchall()
        return tuple(only)

    def account(self, table: str, *, job: str = "conform") -> dict[str, Any]:
        """The one row of etl_runs about a table."""
        (only,) = self.rows(f"from found.etl_runs where table_name = '{table}' and job = '{job}'")
        return only

    @staticmethod
    def _period(contract: contracts.Contract) -> tuple[str, ...]:
        return tuple(name for name in contract.partition_columns if name != "source")


def build(
    lake: Path,
    source: str,
    raw: Path,
    *,
    kinds: Mapping[str, Callable[[Path], bool]],
    made_ids: Sequence[str] = (),
    curated: Sequence[str] = CURATED,
) -> Checked:
    """Land the files of folder `raw` by plain copying, run both jobs (only conform without `curated`), and compute the truth.

    `kinds` says which files of the folder are of which kind. `made_ids` are columns that hold ids the lake made itself,
    which an independent computation cannot know.
    """
    land(lake, source, raw, kinds=kinds)
    connection = made(lake, source, curated=curated)
    connection.execute("create schema truth")
    _load_truth(connection, source, raw, curated)
    return Checked(source, raw, connection, frozenset(made_ids))


def land(lake: Path, source: str, raw: Path, *, kinds: Mapping[str, Callable[[Path], bool]], day: str = INGEST_DATE) -> None:
    """Copies the files of folder `raw` to where those of their kind are looked for."""
    for kind, belongs in kinds.items():
        folder = lake / "s3/shoplake-raw" / source / kind / f"ingest_date={day}"
        folder.mkdir(parents=True)
        for file in sorted(raw.iterdir()):
            if belongs(file):
                shutil.copyfile(file, folder / file.name)


def made(lake: Path, source: str, *, curated: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """Runs both jobs over what has landed (only conform without `curated`); what they made is in schema `found`."""
    zones = [f"--{zone}=s3://shoplake-{zone}" for zone in ("raw", "processed", "curated")]
    conform.main([*zones, "--source", source])
    if curated:
        marts.main([*zones, "--source", source])
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'; create schema found")
    _load_found(connection, lake, source, curated)
    return connection


def analyze(lake: Path, checked: Checked, job: str, *arguments: str, named: Mapping[str, str] | None = None) -> None:
    """Runs an analysis over the source as well; what it made is then in schema `found` too, under another name where `named`."""
    main: Callable[[Sequence[str]], object] = import_module(f"glue_jobs.{job}").main
    zones = [f"--{zone}=s3://shoplake-{zone}" for zone in ("raw", "processed", "curated")]
    main([*zones, "--source", checked.source, *arguments])
    for table in import_module(f"glue_jobs.{job}").ANALYSIS.makes:
        folder = lake / "s3/shoplake-curated" / table / f"source={checked.source}"
        _load(checked.connection, (named or {}).get(table, table), table, folder, f"{job}-*.parquet")


def _load_found(connection: duckdb.DuckDBPyConnection, lake: Path, source: str, curated: Sequence[str]) -> None:
    """Tables in schema `found`, by their contracts' columns; empty where the lake has written none."""
    for zone, names in (("processed", (*PROCESSED, *SPARSE, *LEDGERS)), ("curated", curated)):
        for name in names:
            _load(connection, name, name, lake / f"s3/shoplake-{zone}" / name / f"source={source}", "**/*.parquet")


def _load(connection: duckdb.DuckDBPyConnection, name: str, table: str, folder: Path, pattern: str) -> None:
    columns = contracts.load(table).columns
    if any(folder.glob(pattern)):
        listed = ", ".join(f'"{column.name}"' for column in columns)
        files = f"read_parquet('{folder}/{pattern}', hive_partitioning = true, hive_types_autocast = false)"
        connection.execute(f"create or replace table found.{name} as select {listed} from {files}")
    else:
        listed = ", ".join(f'"{column.name}" {_type(column.physical_type)}' for column in columns)
        connection.execute(f"create or replace table found.{name} ({listed})")


def _load_truth(connection: duckdb.DuckDBPyConnection, source: str, raw: Path, curated: Sequence[str]) -> None:
    connection.execute("set variable raw = ?", [str(raw)])
    connection.execute((TRUTH / "sources" / f"{source}.sql").read_text(encoding="utf-8"))
    for name in SPARSE:
        columns = [column for column in contracts.load(name).columns if column.name != "source"]
        listed = ", ".join(f'"{column.name}" {_type(column.physical_type)}' for column in columns)
        connection.execute(f"create table if not exists main.{name} ({listed})")
        connection.execute(f"create table truth.{name} as from main.{name}")
    for zone, names in (("processed", PROCESSED), ("curated", curated)):
        queries = {name: (TRUTH / zone / f"{name}.sql").read_text(encoding="utf-8") for name in names}
        if MAYBE_WHOLE in queries and _has(connection, MAYBE_WHOLE):
            queries[MAYBE_WHOLE] = f"from main.{MAYBE_WHOLE}"
        for name in _in_order(queries):
            connection.execute(f"create table truth.{name} as {queries[name]}")


def _in_order(queries: Mapping[str, str]) -> list[str]:
    """Truths told in the words of others come after these."""
    told_in = {name: set(re.findall(r"\btruth\.(\w+)", query)) & queries.keys() - {name} for name, query in queries.items()}
    return list(TopologicalSorter(told_in).static_order())


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = connection.execute("from duckdb_tables() where schema_name = 'main' and table_name = ?", [table])
    return found.fetchone() is not None


def _type(spark: str) -> str:
    return {"string": "varchar", "array<string>": "varchar[]"}.get(spark, spark)
