"""Profile every processed table, column by column, and its drift since the previous run.

Spark reduces the data to how often each column has each value (see algorithms/profiling/profiler.py); the driver holds a few
dozen figures per column. The module is not called `profile`, which would shadow the standard library's module for scripts here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, IntegerType, StringType, StructField, StructType

from contracts import Contract, load
from contracts.derive.spark import struct_type
from glue_jobs.algorithms.profiling.drift import decode_bins, encode_bins
from glue_jobs.algorithms.profiling.profile import Bin, ColumnProfile, Subject, TableProfile
from glue_jobs.algorithms.profiling.profile_sql import Cell
from glue_jobs.algorithms.profiling.profiler import SHOWN_QUANTILES, profile_tables
from glue_jobs.lib.conform import checks
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake import ledger
from glue_jobs.lib.lake.former_layout import read_history
from glue_jobs.lib.lake.job_metrics import emit_metrics

POSITION = StructType([StructField("position", IntegerType())])
EDGES = StructType([*POSITION.fields, StructField("upper", DoubleType())])
VALUES = StructType([*POSITION.fields, StructField("text", StringType())])


class SparkEngine:
    """Spark as the engine of profiles; `close` releases cached data."""

    def __init__(self, spark: SparkSession, tables: Sequence[tuple[DataFrame, Sequence[Subject]]]) -> None:
        self._spark = spark
        self._persisted: list[DataFrame] = []
        for number, (frame, subjects) in enumerate(tables):
            self._view(f"profiled_{number}", frame, subjects)

    @staticmethod
    def _view(name: str, frame: DataFrame, subjects: Sequence[Subject]) -> None:
        columns = [
            (F.to_json(one.name) if one.kind == "nested" else F.col(one.name)).alias(f"c{place}")
            for place, one in enumerate(subjects)
        ]
        frame.select(columns).createOrReplaceTempView(name)

    def create_cells(self, views: Mapping[str, Sequence[Cell]]) -> None:
        # One pass per table and one shuffle for all. A GROUP BY per column would be planned for each column.
        parts = []
        for view, cells in views.items():
            structs = [
                f"named_struct('position', {one.position}, 'part', '{one.part}', 'text', {one.text}, 'number', {one.number})"
                for one in cells
            ]
            parts.append(f"select inline(array({', '.join(structs)})) from {view}")
        self._spark.sql(" union all ".join(parts)).createOrReplaceTempView("cells")

    def materialize(self, name: str, statement: str) -> None:
        frame = self._spark.sql(statement)
        if name == "counts":
            self._persisted.append(frame.persist())
        frame.createOrReplaceTempView(name)

    def create_view(self, name: str, rows: Sequence[Mapping[str, Any]], *, texts: bool) -> None:
        kind = VALUES if texts else EDGES
        ledger.literal_rows(self._spark, rows, kind).createOrReplaceTempView(name)

    def query(self, statement: str) -> list[dict[str, Any]]:
        return [row.asDict() for row in self._spark.sql(statement).collect()]

    def close(self) -> None:
        for frame in self._persisted:
            frame.unpersist()


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """One row per table and one per column for this run, plus the rows of the most recent runs."""
    now = datetime.now(UTC)
    before = _history(data, "column_profile")
    subjects = {name: subjects_of(load(name)) for name in data.tables}
    engine = SparkEngine(data.lake.spark, [(data.tables[name], subjects[name]) for name in subjects])
    try:
        profiles = {name: one for name, one in profile_tables(engine, subjects, _bins(before)).items() if one.rows}
    finally:
        engine.close()
    tables = [_table_row(name, one, now) for name, one in profiles.items()]
    columns = [
        _column_row(name, place, column, now, data)
        for name, one in profiles.items()
        for place, column in enumerate(one.columns, start=1)
    ]
    kept = {"column_profile": before, "table_profile": _history(data, "table_profile")}
    new = {"column_profile": columns, "table_profile": tables}
    return {table: _with_history(data, table, new[table], kept[table]) for table in new}


def subjects_of(contract: Contract) -> list[Subject]:
    """The columns inside a table's files. Only public columns are shown; string keys do not distinguish repeated rows."""
    ids = [name for name in contract.key if contract.column(name).logical_type == "string"]
    return [
        Subject(one.name, one.physical_type, shown=one.classification == "public", key=one.name in ids)
        for one in contract.data_columns
    ]


def _history(data: AnalysisInput, table: str) -> DataFrame:
    """The profiles of earlier runs that meet today's contract."""
    contract = load(table)
    return read_history(data.lake, contract, data.source).where(checks.broken(contract).isNull())


def _bins(before: DataFrame) -> dict[str, dict[str, list[Bin]]]:
    """The bins of the most recent run, by table and column."""
    bins: dict[str, dict[str, list[Bin]]] = {}
    for row in before.where("is_latest").select("table_name", "column_name", "bins").collect():
        bins.setdefault(row.table_name, {})[row.column_name] = decode_bins(row.bins)
    return bins


def _with_history(data: AnalysisInput, table: str, rows: Sequence[Mapping[str, Any]], before: DataFrame) -> DataFrame:
    """The new rows and those of the previous runs, which are no longer the latest."""
    schema = struct_type(load(table))
    new = of_source(ledger.literal_rows(data.lake.spark, rows, schema), data.source)
    runs = sorted({row.profiled_at for row in before.select("profiled_at").distinct().collect()}, reverse=True)
    keep = runs[: data.options.keep_runs - 1]
    if not keep:
        return new
    # Old files may have another column order.
    old = before.where(F.col("profiled_at") >= F.lit(keep[-1])).withColumn("is_latest", F.lit(False))
    return new.unionByName(old.select(new.columns))


def _table_row(table: str, profile: TableProfile, now: datetime) -> dict[str, Any]:
    return {
        "profiled_at": now,
        "table_name": table,
        "is_latest": True,
        "rows": profile.rows,
        "columns": len(profile.columns),
        "completeness": profile.completeness,
        "repeated_rows": profile.repeated,
    }


def _column_row(table: str, position: int, column: ColumnProfile, now: datetime, data: AnalysisInput) -> dict[str, Any]:
    return {
        "profiled_at": now,
        "table_name": table,
        "column_name": column.subject.name,
        "is_latest": True,
        "position": position,
        "type": column.subject.type,
        "rows": column.rows,
        "non_null_rows": column.non_null,
        "completeness": column.completeness,
        "distinct_values": column.distinct,
        "values_occurring_once": column.once,
        "uniqueness": column.uniqueness,
        "cardinality": column.cardinality,
        "min_value": column.min_value,
        "max_value": column.max_value,
        "mean": column.mean,
        "stddev": column.stddev,
        "zeros": column.zeros,
        "negatives": column.negatives,
        "quantiles": {f"p{share * 100:02.0f}": column.quantiles[share] for share in SHOWN_QUANTILES if column.quantiles},
        "top_values": dict(column.top),
        "histogram_from": column.histogram[0][0] if column.histogram else None,
        "histogram_upper_bounds": [upper for _, upper, _ in column.histogram],
        "histogram_rows": [rows for _, _, rows in column.histogram],
        "days_covered": column.days_covered,
        "days_missing": column.days_missing,
        "longest_gap_days": column.longest_gap_days,
        "gap_after": column.gap_after and column.gap_after.isoformat(),
        "anomaly_counts": column.anomalies,
        "bins": encode_bins(column.bins),
        "psi": column.psi,
        "is_drifting": None if column.psi is None else column.psi > data.options.drift_threshold,
    }


def _options(arguments: argparse.ArgumentParser) -> None:
    arguments.add_argument("--drift_threshold", type=float, default=0.25, help="PSI above which a column counts as drifting")
    arguments.add_argument("--keep_runs", type=int, default=30, help="number of runs to keep profiles of")


ANALYSIS = Analysis(
    job="profiling",
    compute=compute,
    options=_options,
)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Profile one source or all. Returns what was built. Raises LakeError if a profile breaks its contract."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics("profiling", main, sys.argv[1:])
