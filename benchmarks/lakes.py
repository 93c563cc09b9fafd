"""Lakes for benchmarks: generated logs or real data sets, copied into raw, with jobs run in this process."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from importlib import import_module, resources
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from contracts.zones import Zone
from glue_jobs import conform, marts
from glue_jobs.lib.conform.conform_source import ConformResult
from glue_jobs.lib.source_definition.source_loader import load_source
from offline.generator import generate
from offline.twin.spark.session import session

SOURCES = resources.files("glue_jobs") / "sources"
DAYS = 60
SMALL_HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
SMALL_ROW = "{time} UTC,view,product-{row},category-1,tools.light,acme,10.00,user-{row},session-{row}\n"
START = date(2025, 1, 1)


class Bench:
    """One Spark session over three bucket folders below `root`, with each size of log generated once."""

    def __init__(self, root: Path, *, memory: str) -> None:
        self.root = root
        buckets = {f"shoplake-{zone}": root / "s3" / f"shoplake-{zone}" for zone in Zone}
        self.spark: SparkSession = session(buckets, log=root / "log" / "spark.log", memory=memory)

    def log(self, rows: int) -> Path:
        """A folder of 60 daily files in the rees46 format, with `rows` good rows and the planted bad ones."""
        folder = self.root / "logs" / str(rows)
        if not (folder / "truth.json").exists():
            generate(
                folder, days=DAYS, users=max(200, rows // 50), events_per_day=rows // DAYS, seed=7, start=START, layout="rees46"
            )
        return folder

    def single(self, rows: int) -> Path:
        """The same log as one CSV file."""
        files = sorted(self.log(rows).glob("events-*.csv"))
        whole = self.root / "logs" / f"{rows}.csv"
        if not whole.exists():
            with whole.open("wb") as out:
                for number, file in enumerate(files):
                    with file.open("rb") as part:
                        if number:
                            part.readline()
                        shutil.copyfileobj(part, out)
        return whole

    def small_files(self, count: int) -> list[Path]:
        """Files of 10 KB in the rees46 format, one for every five minutes."""
        folder = self.root / "logs" / "small"
        folder.mkdir(parents=True, exist_ok=True)
        files = [folder / f"events-{number:05d}.csv" for number in range(count)]
        for number, file in enumerate(files):
            start = datetime.combine(START, time_of_day.min) + number * timedelta(minutes=5)
            if not file.exists():
                rows = (SMALL_ROW.format(time=start + timedelta(seconds=3 * row), row=f"{number}-{row}") for row in range(100))
                file.write_text(SMALL_HEADER + "".join(rows))
        return files

    def lake(self, name: str, grain: str, source: str = "rees46") -> Lake:
        """An empty lake for one source."""
        return Lake(self, name, grain, source)


class Lake:
    """A lake in its own prefix of the bench's buckets."""

    def __init__(self, bench: Bench, name: str, grain: str, source: str) -> None:
        self._bench, self._name, self._grain, self._source = bench, name, grain, load_source(SOURCES, source)
        for zone in Zone:
            shutil.rmtree(bench.root / "s3" / f"shoplake-{zone}" / name, ignore_errors=True)

    def land(self, *files: Path) -> None:
        for file in files:
            kind = self._source.kind_of(file.name).name
            folder = self._bench.root / "s3/shoplake-raw" / self._name / self._source.name / kind / "ingest_date=2026-01-01"
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / file.name)

    def run_conform(self) -> list[ConformResult]:
        """The results of a conform run."""
        return conform.main(self._arguments())

    def conform(self) -> float:
        """Seconds of a conform run."""
        return timed(self.run_conform)

    def marts(self) -> float:
        """Seconds of a marts run."""
        return timed(lambda: marts.main(self._arguments()))

    def analyze(self, job: str) -> float:
        """Seconds of a run of an analysis."""
        main: Callable[[list[str]], object] = import_module(f"glue_jobs.{job}").main
        return timed(lambda: main(self._arguments()))

    def _arguments(self) -> list[str]:
        zones = [f"--{zone}=s3://shoplake-{zone}/{self._name}" for zone in Zone]
        return [*zones, f"--partition_grain={self._grain}", f"--source={self._source.name}"]


def spark_process(spark: SparkSession) -> Path:
    """The folder of Spark's JVM in /proc."""
    gateway: Any = spark.sparkContext._gateway  # noqa: SLF001 - PySpark has no public access to the JVM's pid
    return Path(f"/proc/{gateway.proc.pid}")


def cpu_seconds(spark: SparkSession) -> float:
    """CPU time so far of this process and of Spark's JVM."""
    fields = (spark_process(spark) / "stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
