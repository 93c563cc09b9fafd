"""Small lakes for tests: handwritten raw files, the real jobs, and the resulting tables as plain rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from contracts import load
from glue_jobs import conform, marts
from glue_jobs.lib.conform.conform_source import ConformResult
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.account import TableAccount
from offline.lake.local_lake import LocalLake
from offline.lake.verify import Difference, verify
from offline.twin.record import Record

MARTS = Path(str(resources.files("glue_jobs"))) / "marts"
ZONES = ("raw", "processed", "curated")
REES46_HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"


@dataclass
class Shop:
    """A lake in folder `name` of each of the session's buckets."""

    spark: SparkSession
    root: Path
    name: str
    sources: Path | None = None
    grain: str = "month"
    only_marts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for bucket in ZONES:
            shutil.rmtree(self.folder(bucket), ignore_errors=True)
        for mart in self.only_marts:
            copy = self.root / "marts" / self.name / f"{mart}.sql"
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(MARTS / copy.name, copy)

    def folder(self, bucket: str) -> Path:
        return self.root / "s3" / f"shoplake-{bucket}" / self.name

    def put(self, source: str, kind: str, name: str, lines: Iterable[str] | bytes, *, day: str = "2026-01-01") -> Path:
        """Write a raw file."""
        path = self.folder("raw") / source / kind / f"ingest_date={day}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines if isinstance(lines, bytes) else "".join(f"{line}\n" for line in lines).encode())
        return path

    def arguments(self, *more: str) -> list[str]:
        zones = [f"--{zone}=s3://shoplake-{zone}/{self.name}" for zone in ZONES]
        sources = [f"--sources={self.sources}"] if self.sources else []
        marts = [f"--marts={self.root / 'marts' / self.name}"] if self.only_marts else []
        return [*zones, *sources, *marts, f"--partition_grain={self.grain}", *more]

    def local_lake(self, root: Path | None = None) -> LocalLake:
        """The lake as `shoplake` finds it below `root`. Lakes of one process share the folder, so its settings are rewritten."""
        root = root or self.root
        Record("", {zone: f"shoplake-{zone}/{self.name}" for zone in ZONES}, {}).write(root)
        (root / "lake.json").write_text(json.dumps({"grain": self.grain}), encoding="utf-8")
        return LocalLake(root, self.sources)

    def differences(self, *, root: Path | None = None, source: str | None = None, deep: bool = False) -> list[Difference]:
        """What `shoplake verify` finds, for all sources or one."""
        return verify(self.local_lake(root), source=source, deep=deep, marts=self.root / "marts" / self.name)

    def keep(self) -> None:
        """Copy the lake and its marts' SQL as they are, for `restore`."""
        self.save(self.root / "kept" / self.name)
        shutil.copytree(self.root / "marts" / self.name, self.root / "kept" / self.name / "marts")

    def restore(self) -> None:
        """Make the lake again what it was at `keep`."""
        self.load(self.root / "kept" / self.name)
        shutil.copytree(self.root / "kept" / self.name / "marts", self.root / "marts" / self.name, dirs_exist_ok=True)

    def save(self, folder: Path) -> None:
        """Copy the lake's zones into a folder, with the times of the files, which the ledger knows."""
        for zone in ZONES:
            if self.folder(zone).is_dir():
                shutil.copytree(self.folder(zone), folder / zone)

    def load(self, folder: Path) -> None:
        """Make the lake what `save` copied."""
        self.spark.catalog.clearCache()
        for zone in ZONES:
            shutil.rmtree(self.folder(zone), ignore_errors=True)
            if (folder / zone).is_dir():
                shutil.copytree(folder / zone, self.folder(zone))

    def conform(self, source: str, *more: str) -> ConformResult:
        return conform.main(self.arguments("--source", source, *more))[0]

    def build(self, source: str, *more: str) -> BuildResult:
        return marts.main(self.arguments("--source", source, *more))[0]

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The table's rows, sorted: all columns of the contract, or those named. Decimals and timestamps are text."""
        contract = load(table)
        names = columns or contract.names
        zone = "curated" if contract.zone == "curated" else "processed"
        if not list((self.folder(zone) / table).rglob("*.parquet")):
            return []
        frame = self.spark.read.parquet(f"s3://shoplake-{zone}/{self.name}/{table}").select(*names)
        return sorted((tuple(_plain(value) for value in row) for row in frame.collect()), key=repr)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | list | type(None)) and not isinstance(value, Decimal) else str(value)


def event(second: str, kind: str, product: str, *, user: str = "u1", session: str = "s1", price: str = "10.00") -> str:
    """One line of a rees46 event log at a second such as 2019-10-01 10:00:00."""
    return f"{second} UTC,{kind},{product},c1,tools.light,acme,{price},{user},{session}"


# Raw files of REES46.
MONDAY = [REES46_HEADER, event("2019-10-07 10:00:00", "view", "p1"), event("2019-10-07 10:01:00", "purchase", "p1")]
NOVEMBER = [REES46_HEADER, event("2019-11-05 09:00:00", "view", "p2", session="s2")]


def account(accounts: tuple[TableAccount, ...], table: str) -> TableAccount:
    return next(account for account in accounts if account.table == table)
