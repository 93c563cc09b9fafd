"""Quarantine rows: the raw text, its location and every broken rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from contracts.periods import GRAINS
from glue_jobs.lib.conform.raw_text import member_of
from glue_jobs.lib.conform.staging import Staged, staged_rejects
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.context import Lake


@dataclass(frozen=True)
class Places:
    """Where records are in their files: the `line_counts` of a kind, and the names of archives' members by file and number."""

    lines: DataFrame | None
    members: Mapping[tuple[str, int], str]


def quarantine_rows(
    lake: Lake, rejects: DataFrame, places: Places, *, table: str | None, kind: str, run_id: str, now: datetime
) -> DataFrame:
    """Rows of the quarantine table from `staged_rejects`.

    A row's line number is the number of lines before its split plus its position in the split. Null for derived rows.
    """
    located = rejects.withColumn("line_number", F.lit(None).cast("bigint"))
    if places.lines is not None:
        starts = F.broadcast(_line_starts(places.lines))
        located = rejects.join(starts, ["file", "block"], "left")
        located = located.withColumn("line_number", F.col("row") - F.col("first_row") + F.col("lines_before") + 1)
    return located.select(
        F.lit(table).cast("string").alias("table_name"),
        F.lit(kind).alias("file_kind"),
        _source_file(places).alias("source_file"),
        "line_number",
        F.col("raw").alias("raw_text"),
        F.col("broken").alias("rules"),
        F.lit(run_id).alias("run_id"),
        F.lit(now).alias("quarantined_at"),
        _ingest_period(lake, F.col("file"), now).alias("period"),
    )


def _source_file(places: Places) -> Column:
    """The URI of the raw file; of an archive with the member, as `ledger.raw_file` expects it."""
    uri = F.coalesce("file", F.lit(""))
    if not places.members:
        return uri
    names = [F.lit(text) for (file, number), name in places.members.items() for text in (f"{file} {number}", name)]
    member = F.try_element_at(F.create_map(*names), F.concat_ws(" ", "file", member_of("block")))
    return F.concat(uri, F.coalesce(F.concat(F.lit(ledger.MEMBER), member), F.lit("")))


def _line_starts(places: DataFrame) -> DataFrame:
    before = Window.partitionBy("file", member_of("block")).orderBy("block").rowsBetween(Window.unboundedPreceding, -1)
    return places.select("file", "block", "first_row", F.coalesce(F.sum("lines").over(before), F.lit(0)).alias("lines_before"))


def _ingest_period(lake: Lake, file: Column, now: datetime) -> Column:
    day = F.regexp_extract(file, r"/ingest_date=(\d{4}-\d{2}-\d{2})/", 1)
    known = F.when(F.length(day) > 0, F.date_format(F.to_date(day), GRAINS[lake.grain]))
    return F.coalesce(known, F.date_format(F.lit(now), GRAINS[lake.grain]))


def rejected_by_rule(lake: Lake, staged: Staged, *, source: str) -> dict[str, int]:
    """Rejected rows of a table by broken rule; a row that breaks two rules counts for both."""
    if not staged.rejected:
        return {}
    rules = staged_rejects(lake, staged, source=source).select(F.explode("broken").alias("rule"))
    return {row["rule"]: row["count"] for row in rules.groupBy("rule").count().orderBy("rule").collect()}
