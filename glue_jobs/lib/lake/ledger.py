"""The ledger: every raw file that conform has seen (`etl_files`) and the row counts of every run (`etl_runs`)."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, StructType

from contracts import Contract, load
from contracts.derive.spark import struct_type
from glue_jobs.lib.lake.commit import Commit
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.listing import StoredFile

# Between an archive and its member, in the `source_file` of quarantine.
MEMBER = "!/"
RUN_TIME = "%Y%m%dT%H%M%S%f"
RECORDED = re.compile(r"run-(\d{8}T\d{12})Z-")
COMPACTED_AT = 32  # files of one period
TOLERATED = timedelta(minutes=1)  # clocks of machines differ a little


@dataclass(frozen=True)
class KnownFile:
    """The newest ledger entry of one raw file; `partitions` are 'table/period'.

    `modified` (milliseconds since the epoch), `etag` and `header` are those of the file when it was evaluated, where known.
    """

    uri: str
    kind: str
    sha256: str
    size: int
    rows: int
    fingerprint: str
    partitions: tuple[str, ...]
    status: str
    recorded_at: datetime
    run_id: str
    modified: int | None = None
    etag: str | None = None
    header: str | None = None


def new_run_id(lake: Lake, source: str) -> str:
    """A unique id that sorts after every recorded run of the source, even if an earlier run had a clock that was ahead."""
    folder = f"{lake.processed}/etl_runs/source={source}"
    recorded = (RECORDED.match(file.name) for file in lake.storage.files(folder, pattern="run-*.parquet"))
    newest = max((match[1] for match in recorded if match), default="")
    time = _now()
    if newest >= f"{time:{RUN_TIME}}":
        time = datetime.strptime(newest, RUN_TIME).replace(tzinfo=UTC) + timedelta(microseconds=1)
    return f"{time:{RUN_TIME}}Z-{uuid.uuid4().hex[:6]}"


def clock_notices(run_id: str) -> tuple[str, ...]:
    """A sentence if the run's id is ahead of the clock, because an earlier run was recorded in the future."""
    time = datetime.strptime(run_id.partition("Z")[0], RUN_TIME).replace(tzinfo=UTC)
    if time - _now() < TOLERATED:
        return ()
    sentence = (
        f"The newest recorded run is dated {time:%Y-%m-%d %H:%M:%S} UTC, in the future; run ids continue from there, so that no "
        "change is missed. Check the clock of the machine that ran it and of this one."
    )
    return (sentence,)


def _now() -> datetime:
    return datetime.now(UTC)


def known_files(lake: Lake, source: str) -> dict[str, KnownFile]:
    """The newest ledger row of each raw file of a source, by URI."""
    rows = lake.read("etl_files", source=source)
    # A row of an earlier contract may lack a column that is required today; its file is then new.
    rows = rows.dropna(subset=[column.name for column in load("etl_files").data_columns if column.required])
    rows = rows.withColumn("modified", F.unix_millis("modified_at"))
    newest = rows.groupBy("source_file").agg(F.max_by(F.struct(*rows.columns), "run_id").alias("row")).select("row.*")
    return {row.source_file: _known(row) for row in newest.collect()}


def _known(row: Row) -> KnownFile:
    return KnownFile(
        uri=row.source_file,
        kind=row.file_kind,
        sha256=row.sha256,
        size=row.bytes,
        rows=row.rows,
        fingerprint=row.fingerprint,
        partitions=tuple(row.partitions),
        status=row.status,
        recorded_at=row.recorded_at.replace(tzinfo=UTC),
        run_id=row.run_id,
        modified=row.modified,
        etag=row.etag,
        header=row.header,
    )


def record(
    lake: Lake,
    commit: Commit,
    table: str,
    rows: Iterable[dict[str, Any]],
    *,
    source: str,
    staging: str,
    compact: bool = False,
) -> None:
    """Stages ledger rows and adds them to the commit as one new file.

    `compact` also merges the small files of earlier runs. Only conform may: other jobs may not delete files of the ledger.
    """
    contract = load(table)
    rows = list(rows)
    if not rows:
        return
    frame = literal_rows(lake.spark, rows, struct_type(contract))
    frame = frame.withColumn("period", lake.period(contract.time_column or "recorded_at"))
    target, place = f"{staging}/{table}/source={source}", f"{lake.location(contract)}/source={source}"
    frame.coalesce(1).write.partitionBy("period").parquet(target)
    staged = lake.storage.files(target, pattern="*.parquet")
    for file in staged:
        commit.moves[file.uri] = f"{place}/{file.folder}/run-{commit.run_id}.parquet"
    if compact:
        _compact(lake, commit, contract, place, f"{staging}/{table}-compacted", newest=max(file.folder for file in staged))


def _compact(lake: Lake, commit: Commit, contract: Contract, place: str, staging: str, *, newest: str) -> None:
    """Adds to a commit that each earlier period gets one file, and the `newest` one too once it has COMPACTED_AT."""
    folders: dict[str, list[StoredFile]] = {}
    for file in lake.storage.files(place, pattern="run-*.parquet"):
        folders.setdefault(file.folder, []).append(file)
    merged = {name: files for name, files in folders.items() if len(files) >= (COMPACTED_AT if name >= newest else 2)}
    if not merged:
        return
    schema = struct_type(contract, partitions=True)
    uris = [file.uri for files in merged.values() for file in files]
    rows = lake.spark.read.schema(schema).option("basePath", lake.location(contract)).parquet(*uris)
    rows.drop("source").repartition("period").write.partitionBy("period").parquet(staging)
    for file in lake.storage.files(staging, pattern="*.parquet"):
        # The newest file is replaced in one write, and its name keeps the newest run's id, from which new ids continue.
        *_, last = former = merged[file.folder]
        commit.moves[file.uri] = last.uri
        commit.deletes += [one.uri for one in former if one is not last]


def literal_rows(spark: SparkSession, rows: Sequence[Mapping[str, Any]], schema: StructType) -> DataFrame:
    """A DataFrame of rows held by the driver. It goes through JSON because createDataFrame would start Python workers."""
    kind = ArrayType(schema)
    text = json.dumps(rows, default=lambda value: value.isoformat() if isinstance(value, datetime) else str(value))
    return spark.range(1).select(F.inline(F.from_json(F.lit(text), kind)))


def changed_since(lake: Lake, source: str, run_id: str) -> list[str]:
    """Processed partitions ('table/period') that conform wrote in runs with later ids."""
    runs = lake.read("etl_runs", source=source).where("status = 'succeeded' and job = 'conform'")
    touched = runs.where(F.col("run_id") > run_id).select(F.explode("partitions").alias("p"))
    return sorted(row.p for row in touched.distinct().collect())


def recorded_runs(lake: Lake, source: str, *, job: str) -> set[str]:
    """The ids of the job's successful runs."""
    runs = lake.read("etl_runs", source=source).where(f"status = 'succeeded' and job = '{job}'")
    return {row.run_id for row in runs.select("run_id").distinct().collect()}


def raw_file(column: str) -> Column:
    """The URI of the raw file in a `source_file` of quarantine, which also names the member of an archive."""
    return F.regexp_replace(column, rf"(?i)(?<=\.zip){MEMBER}.*", "")


def quarantined_files(lake: Lake, run_id: str) -> dict[str, frozenset[str]]:
    """Raw files with rows that one run quarantined, by source."""
    rejected = lake.read("quarantine").where(F.col("run_id") == run_id)
    rows = rejected.select("source", raw_file("source_file").alias("source_file")).distinct().collect()
    files: dict[str, set[str]] = {}
    for row in rows:
        files.setdefault(row.source, set()).add(row.source_file)
    return {source: frozenset(uris) for source, uris in files.items()}


@dataclass(frozen=True)
class NewestRun:
    """The last successful run of a job that wrote a table; `versions` may also name the run of `conform` that it followed."""

    run_id: str
    fingerprint: str
    # Versions of the contracts of this table and of the ledger, by table.
    versions: Mapping[str, str] = field(default_factory=dict)
    # The day on which it began, in UTC.
    day: date | None = None


def newest_runs(lake: Lake, source: str) -> dict[tuple[str, str], NewestRun]:
    """The newest successful run by job and table; empty if there is none."""
    if not lake.storage.exists(f"{lake.processed}/etl_runs/source={source}"):
        return {}
    runs = lake.read("etl_runs", source=source).where("status = 'succeeded'")
    run = F.struct("run_id", "fingerprint", "versions", F.to_date("started_at").alias("day"))
    rows = runs.groupBy("job", "table_name").agg(F.max_by(run, "run_id").alias("newest")).collect()
    newest = {(row.job, row.table_name): row.newest for row in rows}
    return {name: NewestRun(run.run_id, run.fingerprint, run.versions or {}, run.day) for name, run in newest.items()}
