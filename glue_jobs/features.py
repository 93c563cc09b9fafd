"""Features: what models learn from, of customers, orders and sessions, and which customers left.

Runs as a Glue job, or offline with the same arguments; see `--help`. The SELECTs are in glue_jobs/features. Customers have
features as of several days, so that a model can be trained on earlier days and tested on later ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql.types import DateType, IntegerType, StructType

from contracts import load
from contracts.errors import UsageError
from glue_jobs.algorithms.feature_selects import FEATURES, SNAPSHOTS, STEP_DAYS, feature_select
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics
from glue_jobs.lib.lake.ledger import literal_rows
from glue_jobs.lib.source_definition.references import references

REQUESTED = StructType().add("as_of", DateType()).add("days_before", IntegerType())


def options(arguments: argparse.ArgumentParser) -> None:
    """Arguments of the snapshots."""
    add = arguments.add_argument
    add("--as_of", help="YYYY-MM-DD; compute the features as of this day, without any later row (default: the last sale)")
    add("--snapshots", type=int, default=SNAPSHOTS, help=f"number of snapshot days, {STEP_DAYS} days apart (%(default)s)")


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """The four tables of one source."""
    until = _day(data.options.as_of)
    if data.options.snapshots < 1:
        raise UsageError(f"--snapshots {data.options.snapshots}: expected 1 or more; fix the argument.")
    days = [{"as_of": until, "days_before": step * STEP_DAYS} for step in range(data.options.snapshots)]
    tables = dict(data.tables)
    if until:
        tables["fct_order_items"] = tables["fct_order_items"].where(f"order_date <= date'{until}'")
        tables["fct_sessions"] = tables["fct_sessions"].where(f"cast(ended_at as date) <= date'{until}'")
    tables["requested"] = literal_rows(data.lake.spark, days, REQUESTED)
    tables["snapshots"] = _run(data, "snapshots", tables).cache()
    return {name: of_source(_run(data, name, tables), data.source).select(*load(name).names) for name in FEATURES}


def _run(data: AnalysisInput, name: str, tables: Mapping[str, DataFrame]) -> DataFrame:
    sql, where = feature_select(name), f"features/{name}.sql"
    return data.lake.select(sql, {table: tables[table] for table in sorted(references(sql, where=where))}, where=where)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--as_of {text}: expected a day as YYYY-MM-DD; fix the argument.") from None


ANALYSIS = Analysis(job="features", compute=compute, options=options)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Compute the features of one source or all. Returns what was built. Raises LakeError for invalid arguments."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics("features", main, sys.argv[1:])
