"""Lakes of one source, built by the real jobs or taken from the cache of built lakes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from glue_jobs import manifest
from tests.support.lake_cache import ROOT, LakeCache, code_of, content_hash, fingerprint
from tests.support.spark_settings import interpreted_plans

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ZONES = ("raw", "processed", "curated")
INGEST_DATE = "2026-11-01"


@dataclass(frozen=True)
class Delivery:
    """Raw files that arrive together: `kinds` picks those of each kind from `folder`."""

    folder: Path
    kinds: Mapping[str, Callable[[Path], bool]]
    day: str = INGEST_DATE

    def files(self) -> dict[str, Path]:
        """Each file by its place below the source's folder in raw."""
        return {
            f"{kind}/ingest_date={self.day}/{file.name}": file
            for kind, belongs in self.kinds.items()
            for file in sorted(self.folder.iterdir())
            if belongs(file)
        }


@dataclass(frozen=True)
class BuiltLake:
    """A finished lake: `folder` has one folder per zone. It belongs to the cache; do not write to it."""

    name: str
    source: str
    interpreted: bool
    key: str
    folder: Path

    def table(self, zone: str, table: str) -> Path:
        return self.folder / zone / table / f"source={self.source}"


@dataclass(frozen=True)
class LakeBuilder:
    """Builds in the buckets of this process' Spark session, below `root`. Spark only starts if something has to be built."""

    root: Path
    cache: LakeCache
    start_spark: Callable[[], SparkSession]

    def build(
        self, name: str, source: str, deliveries: Sequence[Delivery], *, with_marts: bool = True, interpreted: bool = False
    ) -> BuiltLake:
        """Run conform after each delivery, then marts. Use `interpreted` for data so small that compiled plans do not pay."""
        landed = [[(place, content_hash(file)) for place, file in delivery.files().items()] for delivery in deliveries]
        key = _key("conform", source, name, landed, interpreted)

        def conform(entry: Path) -> None:
            self._clear(name)
            for delivery in deliveries:
                self._land(name, source, delivery)
                self._run(name, source, "conform", interpreted=interpreted)
            self._save(name, entry)

        lake = BuiltLake(name, source, interpreted, key, self.cache.get(f"{name}-conform", key, conform))
        return self._with_marts(lake) if with_marts else lake

    def _with_marts(self, lake: BuiltLake) -> BuiltLake:
        key = _key("marts", lake.source, lake.key)

        def marts(entry: Path) -> None:
            self._load(lake)
            self._run(lake.name, lake.source, "marts", interpreted=lake.interpreted)
            self._save(lake.name, entry)

        return replace(lake, key=key, folder=self.cache.get(f"{lake.name}-marts", key, marts))

    def analyze(self, lake: BuiltLake, job: str, *arguments: str) -> Path:
        """Run an analysis on a copy of the lake. Returns a folder with a folder of Parquet files per table that it wrote."""

        def analyze(entry: Path) -> None:
            self._load(lake)
            self._run(lake.name, lake.source, job, *arguments, interpreted=lake.interpreted)
            for table in manifest.job(job).writes:
                folder = f"{table}/source={lake.source}"
                (entry / folder).mkdir(parents=True)
                written = self._zone(lake.name, "curated") / folder
                for file in written.glob(f"{job}-*.parquet"):
                    shutil.copy(file, entry / folder)

        return self.cache.get(f"{lake.name}-{job}", _key(job, lake.source, lake.key, arguments), analyze)

    def _land(self, name: str, source: str, delivery: Delivery) -> None:
        for place, file in delivery.files().items():
            target = self._zone(name, "raw") / source / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)

    def _run(self, name: str, source: str, job: str, *arguments: str, interpreted: bool) -> None:
        spark = self.start_spark()
        spark.catalog.clearCache()  # the same path may have held another lake before
        zones = [f"--{zone}=s3://shoplake-{zone}/{name}" for zone in ZONES]
        with interpreted_plans(spark) if interpreted else nullcontext():
            import_module(f"glue_jobs.{job}").main([*zones, "--source", source, *arguments])

    def _save(self, name: str, entry: Path) -> None:
        for zone in ZONES[1:]:
            if self._zone(name, zone).is_dir():
                shutil.copytree(self._zone(name, zone), entry / zone)

    def _load(self, lake: BuiltLake) -> None:
        self._clear(lake.name)
        for zone in lake.folder.iterdir():
            shutil.copytree(zone, self._zone(lake.name, zone.name))

    def _clear(self, name: str) -> None:
        for zone in ZONES:
            shutil.rmtree(self._zone(name, zone), ignore_errors=True)

    def _zone(self, name: str, zone: str) -> Path:
        return self.root / "s3" / f"shoplake-{zone}" / name


def _key(job: str, source: str, *values: object) -> str:
    """What a job's result depends on: what it reads here, and the code that runs it."""
    return fingerprint(code_of("tests.support.lake_builder") | files_of(source, job), job, source, *values)


def files_of(source: str, *jobs: str) -> set[Path]:
    """What results of jobs depend on besides raw files: code, contracts, SQL, the settings of Spark, and the locked libraries."""
    files = {*code_of("offline.twin.spark.session"), ROOT / "requirements.lock", *(ROOT / "contracts").rglob("*.yaml")}
    files = files.union(*(code_of(f"glue_jobs.{job}") for job in jobs))
    if "conform" in jobs:
        files |= set((ROOT / "glue_jobs" / "sources" / source).glob("*"))
    if "marts" in jobs:
        files |= set((ROOT / "glue_jobs" / "marts").glob("*.sql"))
    return files
