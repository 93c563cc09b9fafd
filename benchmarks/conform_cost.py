"""Conform against bare Spark programs: one that writes the same four tables, and one that writes events alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from benchmarks.lakes import SOURCES, Bench, cpu_seconds
from contracts import load
from glue_jobs.lib.conform import conform_source
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.source_definition.references import build_order
from glue_jobs.lib.source_definition.source_loader import load_source

SCHEMA = (
    "event_time string, event_type string, product_id string, category_id string, category_code string, brand string, "
    "price decimal(18,4), user_id string, user_session string"
)
# Functions of a conform that run one after another, by the part that they are.
PARTS = {
    "make_plan": "list, hash and plan",
    "build_all": "stage the tables, count the lines",
    "publish": "quarantine, ledger, commit",
}


@dataclass(frozen=True)
class Cost:
    """Wall time and CPU time, of Spark and Python together."""

    seconds: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s (CPU {self.cpu:.1f} s)"


@dataclass(frozen=True)
class Round:
    """One run of each program on the same file, and the seconds of conform's parts."""

    events: Cost
    tables: Cost
    conform: Cost
    parts: dict[str, float]


def measured(bench: Bench, action: Callable[[], object]) -> Cost:
    """What an action costs."""
    start, cpu = time.perf_counter(), cpu_seconds(bench.spark)
    action()
    return Cost(time.perf_counter() - start, cpu_seconds(bench.spark) - cpu)


def compare(bench: Bench, rows: int, runs: int) -> list[tuple[str, str]]:
    """Medians of `runs` rounds. A first round warms up and does not count."""
    rounds = [_round(bench, rows, number) for number in range(runs + 1)][1:]
    size = bench.single(rows).stat().st_size / 1e6
    lines = [
        (f"bare Spark, the same four tables, {rows:,} rows ({size:.0f} MB CSV)", _median([each.tables for each in rounds])),
        ("conform, same file: checks, quarantine, dedupe, 4 tables", _median([each.conform for each in rounds])),
        ("conform / bare, the same four tables", _ratio(rounds, lambda each: each.tables)),
        ("bare Spark, events alone", _median([each.events for each in rounds])),
        ("conform / bare, events alone", _ratio(rounds, lambda each: each.events)),
    ]
    return lines + [
        (f"part of conform: {part}", f"{median(each.parts[part] for each in rounds):.1f} s") for part in rounds[0].parts
    ]


def _round(bench: Bench, rows: int, number: int) -> Round:
    lake = bench.lake(f"bare-{number}", "month")
    lake.land(bench.single(rows))
    events = measured(bench, lambda: bare_events(bench, rows))
    tables = measured(bench, lambda: bare_tables(bench, rows))
    parts: dict[str, float] = {}
    with ExitStack() as timers:
        for name, part in PARTS.items():
            timers.enter_context(patch.object(conform_source, name, _timed(name, part, parts)))
        (result, *_), cost = _kept(bench, lake.run_conform)
    inside = {f"stage {account.table}": account.seconds for account in result.accounts if account.seconds}
    parts["the rest"] = cost.seconds - sum(parts.values())
    return Round(events, tables, cost, parts | inside)


def _kept(bench: Bench, action: Callable[[], Any]) -> tuple[Any, Cost]:
    kept: list[Any] = []
    cost = measured(bench, lambda: kept.append(action()))
    return kept[0], cost


def _timed(name: str, part: str, parts: dict[str, float]) -> Callable[..., Any]:
    function = getattr(conform_source, name)

    def timed(*arguments: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            parts[part] = time.perf_counter() - start

    return timed


def _median(costs: list[Cost]) -> str:
    return str(Cost(median(cost.seconds for cost in costs), median(cost.cpu for cost in costs)))


def _ratio(rounds: list[Round], bare: Callable[[Round], Cost]) -> str:
    seconds = median(each.conform.seconds / bare(each).seconds for each in rounds)
    return f"{seconds:.2f} (CPU {median(each.conform.cpu / bare(each).cpu for each in rounds):.2f})"


def bare_events(bench: Bench, rows: int) -> None:
    """A load without checks: read the CSV, parse the time, write Parquet by month."""
    _write(_log(bench, rows), bench.root / "bare/events-alone")


def bare_tables(bench: Bench, rows: int) -> None:
    """The four tables by the SELECTs of the source, sorted as conform sorts them, without checks, dedupe and counts."""
    source = load_source(SOURCES, "rees46")
    lake = Lake(bench.spark, "", "", "", "month", Path(), Path())
    log = _log(bench, rows).withColumns({"event_time_local": F.col("event_time"), "_record": F.lit(None)})
    known = {"raw_events": log}
    for table, reads in build_order(source.selects, where="rees46"):
        contract, inputs = load(table), {name: known[name] for name in reads}
        frame = lake.select(source.selects[table], inputs, where=table)
        period = F.col("period") if "period" in frame.columns else F.date_format("event_time", "yyyy-MM")
        columns = [F.col(column.name).cast(column.physical_type) for column in contract.data_columns]
        order = [contract.time_column] if contract.time_column else list(contract.key)
        folder = bench.root / "bare" / table
        _write(frame.select(*columns, period.alias("period")).sortWithinPartitions("period", *order), folder)
        known[table] = bench.spark.read.schema(frame.select(*columns, period.alias("period")).schema).parquet(str(folder))


def _log(bench: Bench, rows: int) -> DataFrame:
    frame = bench.spark.read.csv(str(bench.single(rows)), schema=SCHEMA, header=True)
    frame = frame.withColumn("event_time", F.expr("try_to_timestamp(event_time, \"yyyy-MM-dd HH:mm:ss 'UTC'\")"))
    return frame.withColumn("period", F.date_format("event_time", "yyyy-MM"))


def _write(frame: DataFrame, folder: Path) -> None:
    frame.write.mode("overwrite").partitionBy("period").parquet(str(folder))
