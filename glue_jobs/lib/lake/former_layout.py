"""Files that were written under an earlier contract, and how the rows that must survive are read from them.

Tables computed from raw are rebuilt when their contract changes. Run history, the list of raw files and the profiles of earlier
runs cannot be recomputed, so their rows are converted: a renamed column is found by its `formerNames`, a new column is null.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from contracts import LEDGER_TABLES, Contract, load
from contracts.derive.spark import struct_type
from contracts.periods import GRAINS
from contracts.zones import Zone
from glue_jobs.lib.lake.commit import Commit
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.damage import DamagedFileError
from glue_jobs.lib.lake.listing import StoredFile
from glue_jobs.lib.lake.parallel import map_parallel

# Quarantine is missing here: it is recomputed from raw.
HISTORY = ("etl_runs", "etl_files")


def convert_history(lake: Lake, source: str, run_id: str, *, all_files: bool = False) -> None:
    """Rewrite the source's run history and list of raw files if they have an earlier layout; one commit, safe to repeat.

    The oldest file shows the layout; `all_files` also finds a file that has lost columns. DamagedFileError for an empty file,
    which Spark would skip.
    """
    commits, commit = committer(lake, Zone.PROCESSED, job="conform"), Commit(f"{run_id}-converted")
    for contract in map(load, HISTORY):
        files = _files(lake, contract, source)
        if empty := next((file.uri for file in files if not file.size), None):
            raise DamagedFileError(empty)
        if not _is_former(lake, contract, files, all_files=all_files):
            continue
        place, staging = f"{lake.location(contract)}/source={source}", f"{commits.staging(commit.run_id)}/{contract.name}"
        rows = _converted(lake, contract, files)
        rows = rows.withColumn("period", lake.period(contract.time_column or "recorded_at"))
        rows.repartition("period").write.partitionBy("period").parquet(staging)
        staged: dict[str, list[StoredFile]] = {}
        for file in lake.storage.files(staging, pattern="*.parquet"):
            staged.setdefault(f"{place}/{file.folder}", []).append(file)
        commit.replace(staged, files, stem=f"run-{commit.run_id}")
    if commit.moves:
        commits.commit(commit)


def ledger_layout() -> list[str]:
    """Changes with the version or the columns of a ledger table, and not with a description."""
    ledgers = [load(table) for table in LEDGER_TABLES]
    return [f"{ledger.name} {ledger.version} {struct_type(ledger).simpleString()}" for ledger in ledgers]


def read_history(lake: Lake, contract: Contract, source: str) -> DataFrame:
    """The rows of a table partitioned by source alone, in the columns of its contract, whatever layout its files have."""
    files = _files(lake, contract, source)
    if not _is_former(lake, contract, files):
        return lake.read(contract.name, source=source)
    return _converted(lake, contract, files).withColumn("source", F.lit(source))


def _files(lake: Lake, contract: Contract, source: str) -> list[StoredFile]:
    return lake.storage.files(f"{lake.location(contract)}/source={source}", pattern="*.parquet")


def _is_former(lake: Lake, contract: Contract, files: Sequence[StoredFile], *, all_files: bool = False) -> bool:
    """Whether the oldest file has other columns or another kind of period; a conversion replaces all files at once."""
    if not files:
        return False
    folder, names = files[0].folder, contract.partition_columns
    if "period" in names and len(folder.removeprefix("period=")) != len(GRAINS[lake.grain]):
        return True
    schemas = map_parallel(files if all_files else files[:1], lambda file: _schema(lake, file))
    return any(_columns(schema) != _columns(struct_type(contract)) for schema in schemas)


def _schema(lake: Lake, file: StoredFile) -> StructType:
    return lake.spark.read.parquet(file.uri).schema


def _columns(schema: StructType) -> set[tuple[str, str]]:
    return {(field.name, field.dataType.simpleString()) for field in schema.fields}


def _converted(lake: Lake, contract: Contract, files: Sequence[StoredFile]) -> DataFrame:
    """All rows of the files, with the data columns of the contract."""
    layouts: dict[str, tuple[StructType, list[str]]] = {}
    for file, schema in zip(files, map_parallel(files, lambda file: _schema(lake, file)), strict=True):
        layouts.setdefault(schema.json(), (schema, []))[1].append(file.uri)
    frames = [_conform(lake.spark.read.schema(schema).parquet(*uris), contract) for schema, uris in layouts.values()]
    return reduce(DataFrame.unionByName, frames)


def _conform(frame: DataFrame, contract: Contract) -> DataFrame:
    columns: list[Column] = []
    for column in contract.data_columns:
        former = next((name for name in (column.name, *column.former_names) if name in frame.columns), None)
        value = F.lit(None).cast(column.physical_type)
        if former and _can_cast(frame, former, column.physical_type):
            value = F.expr(f"try_cast(`{former}` as {column.physical_type})")
        columns.append(value.alias(column.name))
    return frame.select(columns)


def _can_cast(frame: DataFrame, name: str, physical_type: str) -> bool:
    try:
        frame.selectExpr(f"try_cast(`{name}` as {physical_type})")
    except AnalysisException:
        return False
    return True
