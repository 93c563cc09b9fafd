"""Stages one canonical table as Parquet: deduplicated, sorted and counted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import Column, DataFrame, Observation, Window
from pyspark.sql import functions as F

from contracts import Contract
from glue_jobs.lib.conform import checks, one_per_source
from glue_jobs.lib.lake.context import Lake, read_table, rows_by_partition
from glue_jobs.lib.lake.listing import StoredFile

REJECTED = "__rejected__"
# The warning that rows with the same key and version differ.
CONFLICT = "same_key_other_content"
BYTES_PER_TASK = 96 << 20
# So little is read, ranked and written by one task sooner than several tasks start, and each of them would write files.
SMALL_BYTES = 1 << 20
# A month is spread over all tasks, in so many buckets that hashing fills the tasks evenly: of a few, one task would get two, and
# another none. Of days a run covers about a month, and each stays in one task.
BUCKETS_PER_TASK = {"month": 8, "day": 1 / 30}
SECONDS_PER_HOUR = 3600
# The column of RecordTransformer.checked with the rule that filters a row; its metadata lists the rules.
LEFT_OUT = "_left_out"
FILTERED, OF_KIND = "filtered ", "kind "
RECORD = "struct<file string, block bigint, row bigint, item bigint, raw string, broken array<string>, delivered bigint>"


@dataclass(frozen=True)
class Staged:
    """Row counts of one staged table; `touched` has the pairs of file and period."""

    location: str
    read: int
    read_new: int
    duplicates: int
    by_period: Mapping[str, int]
    rejected: int
    warnings: Mapping[str, int] = field(default_factory=dict)
    touched: frozenset[tuple[str, str]] = frozenset()
    filtered: Mapping[str, int] = field(default_factory=dict)
    read_by_kind: Mapping[str, int] = field(default_factory=dict)

    @property
    def processed(self) -> int:
        return sum(self.by_period.values())

    @property
    def periods(self) -> list[str]:
        return sorted(self.by_period)


def stage(  # noqa: PLR0913 - all keyword-only
    lake: Lake,
    contract: Contract,
    checked: DataFrame,
    *,
    source: str,
    location: str,
    input_bytes: int,
    new_files: Sequence[str] | None,
    scope: Sequence[str] | None,
    kinds: Sequence[str] = (),
) -> Staged:
    """Writes the rows of `RecordTransformer.checked` to `location`/source=…/period=…; rejected ones to period=__rejected__.

    `kinds` are the file kinds whose records the rows are; if there are several, new rows are counted for each of them.
    `scope` limits the run to these periods (None: all); rows of files not in `new_files` count only inside it.
    Raises whatever Spark raises; nothing outside `location` is touched.
    """
    is_new = F.lit(True) if new_files is None else F.col("_record.file").isin(list(new_files))
    rows = checked if scope is None else checked.where(is_new | F.coalesce(F.col("period").isin(list(scope)), F.lit(False)))
    seen, repeated = Observation(), Observation()
    several = kinds if len(kinds) > 1 else ()
    left_out = checked.schema[LEFT_OUT].metadata["rules"] if LEFT_OUT in checked.columns else []
    touched = F.struct(F.col("_record.file"), F.when(F.col("_record.broken").isNull(), F.col("period")).alias("period"))
    rows = rows.observe(
        seen,
        F.count("*").alias("read"),
        F.count_if(is_new).alias("read_new"),
        F.to_json(F.collect_set(touched)).alias("touched"),
        *[count.alias(f"warning {name}") for name, count in checks.warnings(contract).items()],
        *[F.count_if(F.col(LEFT_OUT) == rule).alias(f"{FILTERED}{rule}") for rule in left_out],
        *[F.count_if(is_new & is_of(kind, "_record.file")).alias(f"{OF_KIND}{kind}") for kind in several],
    )
    rows = rows.where(F.col(LEFT_OUT).isNull()) if left_out else rows
    unique = _newest(contract, _spread(lake, contract, rows, input_bytes), repeated)
    target = f"{location}/source={source}"
    unique.write.options(**_no_dictionary(contract)).partitionBy("period").parquet(target)
    staged = _account(lake, target, location, seen.get, repeated.get)
    for column, standing in one_per_source.contradictions(lake, contract, repeated.get, source=source, scope=scope):
        raise one_per_source.refusal(contract, staged_rows(lake, contract, staged), column, standing, source=source)
    return staged


def _spread(lake: Lake, contract: Contract, rows: DataFrame, input_bytes: int) -> DataFrame:
    """Puts rows of one key into one task, with tasks of sensible size; rejected rows get a period of their own.

    Adds `_bucket`: the rows of one task share it with their period, so that ranking them needs no second exchange.
    """
    good = F.col("_record.broken").isNull()
    columns = [F.col(column.name).cast(column.physical_type) for column in contract.data_columns]
    is_small = input_bytes <= SMALL_BYTES
    rows = rows.select(
        *columns,
        F.when(good, F.col("period")).otherwise(REJECTED).alias("period"),
        F.when(~good, F.col("_record")).alias("_rejected"),
        F.col("_record.delivered").alias("_delivered"),
        *([F.lit(0).alias("_bucket")] if is_small else []),
    )
    if is_small:
        return rows.coalesce(1)
    tasks = max(2, math.ceil(input_bytes / BYTES_PER_TASK))
    buckets = math.ceil(tasks * BUCKETS_PER_TASK[lake.grain])
    bucket = F.pmod(_shared(contract), F.lit(buckets)).cast("int")
    return rows.withColumn("_bucket", bucket).repartition(max(tasks, 8) if lake.grain == "day" else tasks, "period", "_bucket")


def _shared(contract: Contract) -> Column:
    """A hash that rows of one key share: of the hour if the key has a time, because what belongs together is smaller together."""
    hashed = F.xxhash64(*contract.key, F.col("_rejected.row"))
    if contract.time_column not in contract.key:
        return hashed
    hour = F.expr(f"unix_timestamp({contract.time_column}) div {SECONDS_PER_HOUR}")
    return F.when(F.col("_rejected").isNull(), F.xxhash64(hour)).otherwise(hashed)


def _newest(contract: Contract, rows: DataFrame, repeated: Observation) -> DataFrame:
    """Keeps one row per key: the newest version, of that the latest delivery, of that the lowest hash.

    Counts the others, and as conflicts those of the same version whose content differs.
    """
    time = [contract.time_column] if contract.time_column in contract.key else []
    key = [F.col(name) for name in ("period", *time, *[name for name in contract.key if name not in time])]
    key += [F.col("_rejected.file"), F.col("_rejected.row"), F.col("_rejected.item"), F.col("_bucket")]
    order: list[Column] = [F.col(contract.version_column).desc_nulls_last()] if contract.version_column else []
    versions = Window.partitionBy(*key).orderBy(*order, F.col("_delivered").desc(), F.col("_hash"))
    # The frame that row_number has too: one of equal values would compare each row with the next.
    versions = versions.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    rows = rows.withColumn("_hash", F.xxhash64(*[column.name for column in contract.data_columns]))
    best = {"_kept": "_hash"} | ({"_version": contract.version_column} if contract.version_column else {})
    firsts = {name: F.first(column).over(versions) for name, column in best.items()}
    differs = F.col("_hash") != F.col("_kept")
    if contract.version_column:
        differs = differs & F.col(contract.version_column).eqNullSafe(F.col("_version"))
    ranked = rows.withColumns({"_rank": F.row_number().over(versions), **firsts}).observe(
        repeated,
        F.count_if(F.col("_rank") > 1).alias("duplicates"),
        F.count_if((F.col("_rank") > 1) & differs).alias("conflicts"),
        *one_per_source.bounds(contract, (F.col("_rank") == 1) & F.col("_rejected").isNull()),
    )
    sort = [contract.time_column] if contract.time_column else list(contract.key)
    kept = ranked.where("_rank = 1").drop("_rank", "_bucket", "_delivered", "_hash", "_kept", "_version")
    return kept.sortWithinPartitions("period", *sort)


def _no_dictionary(contract: Contract) -> dict[str, str]:
    """Key values hardly repeat: Parquet would build a dictionary of them only to discard it."""
    return {
        f"parquet.enable.dictionary#{name}": "false" for name in contract.key if contract.column(name).physical_type == "string"
    }


def _account(lake: Lake, root: str, location: str, seen: Mapping[str, Any], repeated: Mapping[str, Any]) -> Staged:
    by_period = rows_by_partition(lake, root) if seen["read"] else {}
    rejected = by_period.pop(REJECTED, 0)
    return Staged(
        location=location,
        read=seen["read"],
        read_new=seen["read_new"],
        duplicates=repeated["duplicates"],
        by_period=by_period,
        rejected=rejected,
        warnings=_warnings(seen, repeated["conflicts"]),
        filtered={rule: count for rule, count in _counts(seen, FILTERED).items() if count},
        read_by_kind=_counts(seen, OF_KIND),
        touched=frozenset((pair["file"], pair["period"]) for pair in json.loads(seen["touched"]) if len(pair) == 2),
    )


def is_of(kind: str, file: str) -> Column:
    """Whether a column has the URI of a raw file of this kind."""
    return F.col(file).contains(f"/{kind}/ingest_date=")


def _counts(seen: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): count for name, count in seen.items() if name.startswith(prefix)}


def _warnings(seen: Mapping[str, Any], conflicts: int) -> dict[str, int]:
    by_rule = {rule: count for rule, count in _counts(seen, "warning ").items() if count}
    return by_rule | ({CONFLICT: conflicts} if conflicts else {})


def staged_rows(lake: Lake, contract: Contract, staged: Staged) -> DataFrame:
    """The good rows that were staged, with the contract's columns."""
    return read_table(lake, contract, staged.location).where(F.col("period") != REJECTED)


def staged_rejects(lake: Lake, staged: Staged, *, source: str) -> DataFrame:
    """The rejected rows' records: file, block, row, raw, broken."""
    folder = f"{staged.location}/source={source}/period={REJECTED}"
    return lake.spark.read.schema(f"_rejected {RECORD}").parquet(folder).select("_rejected.*")


def staged_files(lake: Lake, staged: Staged, *, source: str) -> dict[str, list[StoredFile]]:
    """The good files by partition folder name (period=…)."""
    files: dict[str, list[StoredFile]] = {}
    for file in lake.storage.files(f"{staged.location}/source={source}", pattern="*.parquet"):
        if file.folder != f"period={REJECTED}":
            files.setdefault(file.folder, []).append(file)
    return files
