"""`make bench`: conform against bare Spark, the cost of one new day, growth with rows, a real data set end to end,
what an event costs the ingest function, how soon the serving API counts it, and what training and scoring take.

Values that are compared are measured in one session. Use --quick for a short run on 250,000 rows.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.conform_cost import compare
from benchmarks.ingest import per_event
from benchmarks.lakes import Bench, Lake, spark_process
from benchmarks.live import latency
from benchmarks.models import training_and_scoring
from contracts.zones import Zone
from glue_jobs.manifest import ANALYSES
from offline.twin.spark.process import MEMORY
from tests.support.counted_storage import counted_storage

BUCKETS = tuple(f"shoplake-{zone}" for zone in Zone)
DELAY_MS = 20
# Events per second; 0 is as fast as possible.
RATES = (100, 1000, 0)
PEAK = "peak memory (driver and executor in one JVM)"


def growth(bench: Bench, sizes: list[int]) -> list[tuple[str, str]]:
    """Conform at several sizes, from daily files, partitioned by month."""
    lines = []
    for rows in sizes:
        lake = bench.lake(f"growth-{rows}", "month")
        lake.land(*bench.log(rows).glob("events-*.csv"))
        seconds = lake.conform()
        lines.append((f"conform, {rows:,} rows in 60 files", f"{seconds:.1f} s, {rows / seconds / 1000:.0f} k rows/s"))
    return lines


def one_new_day(bench: Bench, rows: int) -> list[tuple[str, str]]:
    """A lake partitioned by day: all 60 days at once, against 59 days and then the last one."""
    files = sorted(bench.log(rows).glob("events-*.csv"))
    whole = bench.lake("whole", "day")
    whole.land(*files)
    full = (whole.conform(), whole.marts())
    daily = bench.lake("daily", "day")
    daily.land(*files[:-1])
    daily.conform()
    daily.marts()
    daily.land(files[-1])
    new = (daily.conform(), daily.marts())
    return [
        (f"60 days, {rows:,} rows: conform + marts", f"{full[0]:.1f} s + {full[1]:.1f} s"),
        ("one new day: conform + marts", f"{new[0]:.1f} s + {new[1]:.1f} s"),
        ("conform, new day / all days", f"{new[0] / full[0]:.0%}"),
        ("conform + marts, new day / all days", f"{sum(new) / sum(full):.0%}"),
    ]


def small_files(bench: Bench, counts: tuple[int, ...], runs: int) -> list[tuple[str, str]]:
    """One new raw file in lakes by day that hold few and many, one for every five minutes; each open takes 20 ms longer.

    The files before are loaded without the delay. A first run on the smallest lake warms up and does not count.
    """
    lines, medians = [], []
    for turn, count in enumerate((counts[0], *counts)):
        *loaded, new = bench.small_files(count + 1)
        seconds, idle = [], []
        for _ in range(runs if turn else 1):
            lake = bench.lake(f"small-{count}", "day")
            lake.land(*loaded)
            lake.conform()
            lake.land(new)
            with counted_storage(bench.spark, BUCKETS, delay=DELAY_MS):
                seconds.append(lake.conform())
                idle.append(lake.conform())
        if not turn:
            continue
        medians.append(median(seconds))
        lines.append((f"{count:,} raw files of 10 KB, then one new: conform", f"{medians[-1]:.1f} s"))
        lines.append((f"{count:,} raw files of 10 KB, nothing new: conform", f"{median(idle):.1f} s"))
    return [*lines, ("one new, many files - few files", f"{medians[-1] - medians[0]:.1f} s")]


def four_times(bench: Bench, rows: int) -> list[tuple[str, str]]:
    """Every job at one size and at four times that size. A first run at the smaller size warms up and does not count."""
    timings: list[dict[str, float]] = []
    for number, size in enumerate((rows, rows, 4 * rows)):
        lake = bench.lake(f"times-{number}", "month")
        lake.land(*bench.log(size).glob("events-*.csv"))
        timings.append(_every_job(lake))
    _, one, four = timings
    lines = [
        (f"{job}, {rows:,} and {4 * rows:,} rows", f"{one[job]:.1f} s, {four[job]:.1f} s: {four[job] / one[job]:.1f}")
        for job in one
    ]
    return [*lines, ("all jobs, four times the rows", f"{sum(four.values()) / sum(one.values()):.1f} times the time")]


def thelook(bench: Bench, data: Path) -> list[tuple[str, str]]:
    """The thelook data set, from its raw files to every curated table."""
    files = sorted((data / "thelook").glob("*.csv.gz"))
    if not files:
        return [("thelook", f"not measured: no files in {data / 'thelook'}; set --data")]
    lake = bench.lake("thelook", "month", "thelook")
    lake.land(*files)
    timings = _every_job(lake)
    return [
        *[(f"thelook: {job}", f"{seconds:.1f} s") for job, seconds in timings.items()],
        ("thelook: raw to all curated tables", f"{sum(timings.values()):.0f} s"),
        (PEAK, f"{_peak_memory(bench):.1f} GiB"),
    ]


def _every_job(lake: Lake) -> dict[str, float]:
    return {"conform": lake.conform(), "marts": lake.marts(), **{job.name: lake.analyze(job.name) for job in ANALYSES}}


def _peak_memory(bench: Bench) -> float:
    status = (spark_process(bench.spark) / "status").read_text()
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(match[1]) / (1 << 20) if match else 0.0


def main() -> None:
    """Run the measurements and print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", help="use small sizes")
    options.add_argument(
        "--only",
        choices=("bare", "day", "files", "growth", "times", "thelook", "ingest", "live", "models"),
        help="run one measurement",
    )
    options.add_argument("--runs", type=int, default=3, help="number of rounds for the comparison with bare Spark")
    options.add_argument("--seconds", type=float, default=30, help="seconds at each rate of the live path")
    options.add_argument("--rows", type=int, default=2_500_000, help="rows of the generated log")
    options.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("SHOPLAKE_SHARED_DATA", "../shared/data")),
        help="folder of real data sets",
    )
    options.add_argument("--memory", default=MEMORY, help="Spark driver memory")
    arguments = options.parse_args()
    rows = 250_000 if arguments.quick else arguments.rows
    sizes = [60_000, 250_000] if arguments.quick else [250_000, 1_000_000, 2_500_000, 10_000_000]
    table = Table("measurement", "value", title="shoplake, local[2]")
    with tempfile.TemporaryDirectory(prefix="shoplake-bench-") as folder:
        bench = Bench(Path(folder), memory=arguments.memory)
        measurements: dict[str, Callable[[], list[tuple[str, str]]]] = {
            "bare": lambda: [*compare(bench, rows, arguments.runs), (PEAK, f"{_peak_memory(bench):.1f} GiB")],
            "day": lambda: one_new_day(bench, rows),
            "files": lambda: small_files(bench, (100, 1000 if arguments.quick else 10_000), arguments.runs),
            "growth": lambda: growth(bench, sizes),
            "times": lambda: four_times(bench, rows // 5),
            "thelook": lambda: thelook(bench, arguments.data),
            "ingest": per_event,
            "live": lambda: latency(
                Path(folder) / "live", rates=(100, 1000, 0), seconds=5 if arguments.quick else arguments.seconds
            ),
            "models": lambda: training_and_scoring(trained=10_000, scored=100_000) if arguments.quick else training_and_scoring(),
        }
        for name, measure in measurements.items():
            if arguments.only in (None, name):
                for line in measure():
                    table.add_row(*line)
                table.add_section()
    Console().print(table)


if __name__ == "__main__":
    main()
