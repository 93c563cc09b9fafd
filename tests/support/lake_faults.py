"""What may differ in a lake from what its runs recorded, and the command that `shoplake verify` names for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from tests.support.faults import DAMAGES
from tests.support.shops import REES46_HEADER, Shop, event

OCTOBER = [REES46_HEADER, event("2019-10-07 10:00:00", "view", "p1"), event("2019-10-07 10:02:00", "teleport", "p1")]
NOVEMBER = [REES46_HEADER, *[event(f"2019-11-05 09:00:0{n}", "purchase", "p2", session=f"s{n}") for n in range(5)]]
DECEMBER = [REES46_HEADER, event("2019-12-01 09:00:00", "purchase", "p3", session="s9")]
PROFILED = "shoplake analyze profiling"


def first(shop: Shop, zone: str, pattern: str) -> Path:
    return min(shop.folder(zone).glob(pattern))


def rewrite(file: Path, query: str) -> None:
    """Another content for a Parquet file: `query` selects from its rows."""
    other = file.with_name(f"_{file.name}")
    duckdb.sql(f"copy ({query.format(rows=f'''read_parquet('{file}', hive_partitioning = false)''')}) to '{other}'")
    other.replace(file)


def same_size(shop: Shop) -> None:
    """Other bytes in a raw file, with its size and its time."""
    file = first(shop, "raw", "rees46/events/*/1.csv")
    times = (file.stat().st_atime, file.stat().st_mtime)
    file.write_text(file.read_text().replace("p2", "p7"))
    os.utime(file, times)


def newer(shop: Shop) -> None:
    os.utime(first(shop, "raw", "rees46/events/*/0.csv"))


def changed_mart(shop: Shop) -> None:
    file = shop.root / "marts" / shop.name / "session_daily.sql"
    file.write_text(f"{file.read_text()}\n-- changed\n")


def staged(shop: Shop, zone: str, job: str) -> None:
    file = shop.folder(zone) / "_staging" / job / "20190101T000000000000Z-abc123" / "part-0.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"PAR1")


def stray(shop: Shop, zone: str, place: str) -> None:
    path = shop.folder(zone) / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"PAR1")


def removed(zone: str, pattern: str) -> Callable[[Shop], None]:
    def remove(shop: Shop) -> None:
        path = first(shop, zone, pattern)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remove


def damaged(zone: str, pattern: str, how: str) -> Callable[[Shop], None]:
    return lambda shop: DAMAGES[how](first(shop, zone, pattern))


EVENTS = "events/source=rees46/period=2019-11"
PART = "events/source=rees46/period=2019-11/*.parquet"
# By kind: the fault, the command, and a part of what is said about it.
KINDS: dict[str, tuple[Callable[[Shop], Any], str, str]] = {
    "new raw file": (
        lambda shop: shop.put("rees46", "events", "2.csv", DECEMBER),
        "shoplake run",
        "2.csv: no run has seen this file",
    ),
    "changed raw file": (
        lambda shop: shop.put("rees46", "events", "1.csv", NOVEMBER[:3]),
        "shoplake run",
        "bytes; it had ",
    ),
    "raw file with a later time": (newer, "shoplake run", "0.csv: has another time of change"),
    "raw file with other bytes (deep)": (same_size, "shoplake run --full", "1.csv: has other bytes than when it was loaded"),
    "missing raw file": (
        removed("raw", "rees46/events/*/1.csv"),
        "shoplake run --drop-missing",
        "1.csv: was loaded and is gone",
    ),
    "lost partition": (
        removed("processed", EVENTS),
        "shoplake run",
        "events/2019-11: 5 rows written, and the partition is gone",
    ),
    "lost quarantine": (removed("processed", "quarantine"), "shoplake run", ": 1 row written, and the partition is gone"),
    "lost mart": (removed("curated", "session_daily"), "shoplake run", "session_daily/rees46: 2 rows written"),
    "lost analysis": (removed("curated", "column_profile"), PROFILED, "column_profile/rees46: "),
    "fewer rows": (
        lambda shop: rewrite(first(shop, "processed", PART), "from {rows} limit 3"),
        "shoplake run --full",
        "events/2019-11: 5 rows written, and the files hold 3",
    ),
    "more files": (
        lambda shop: shutil.copy(first(shop, "processed", PART), first(shop, "processed", EVENTS) / "part-00009.parquet"),
        "shoplake run --full",
        "events/2019-11: 5 rows written, and the files hold 10",
    ),
    "partition of nobody": (
        lambda shop: shutil.copytree(shop.folder("processed") / EVENTS, shop.folder("processed") / EVENTS.replace("11", "03")),
        "shoplake run --full",
        "events/2019-03: holds 5 rows that no run recorded",
    ),
    "missing column": (
        lambda shop: rewrite(first(shop, "processed", PART), "select * exclude (price) from {rows}"),
        "shoplake run --full",
        "lacks the column price",
    ),
    "damaged table": (
        damaged("processed", PART, "no magic"),
        "shoplake run --full",
        "Parquet file is damaged (",
    ),
    "damaged page (deep)": (
        damaged("processed", PART, "damaged page"),
        "shoplake run --full",
        "Parquet file is damaged (",
    ),
    "empty mart": (damaged("curated", "session_daily/*/*.parquet", "empty"), "shoplake run --full", "is empty (zero bytes)"),
    "damaged analysis": (
        damaged("curated", "table_profile/*/*.parquet", "truncated"),
        f"{PROFILED} --full",
        "Parquet file is damaged (",
    ),
    "damaged ledger": (damaged("processed", "etl_files/*/*/*.parquet", "truncated"), "shoplake run", "Parquet file is damaged ("),
    "lost ledger": (removed("processed", "etl_files"), "shoplake run", "0.csv: no run has seen this file"),
    "lost run history": (removed("processed", "etl_runs"), "shoplake run", "which the run history lacks"),
    "ledger without a column": (
        lambda shop: rewrite(first(shop, "processed", "etl_files/*/*/*.parquet"), "select * exclude (reason) from {rows}"),
        "shoplake run --full",
        "lacks the column reason",
    ),
    "stale marts": (
        lambda shop: (shop.put("rees46", "events", "2.csv", DECEMBER), shop.conform("rees46")),
        "shoplake run",
        "fct_sessions: is older than events, which it reads",
    ),
    "changed mart": (
        changed_mart,
        "shoplake run",
        "session_daily: its SQL or a contract changed since it was built",
    ),
    "stray file": (
        lambda shop: stray(shop, "curated", "session_daily/source=rees46/copy of part-00000.parquet"),
        "rm ",
        "no job writes this file of session_daily",
    ),
    "table of nobody": (
        lambda shop: stray(shop, "processed", "order_lines/source=rees46/part-00000.parquet"),
        "rm -r ",
        "no table has this name",
    ),
    "table that the source does not fill": (
        lambda shop: shutil.copytree(
            shop.folder("processed") / "events", shop.folder("processed") / "inventory", copy_function=shutil.copy
        ),
        "rm -r ",
        "rees46 no longer fills inventory",
    ),
    "interrupted run": (lambda shop: staged(shop, "processed", "conform"), "shoplake run", "an interrupted run left files here"),
    "interrupted analysis": (lambda shop: staged(shop, "curated", "profiling"), PROFILED, "an interrupted run left files here"),
    "staging of an earlier version": (
        lambda shop: staged(shop, "curated", "20190101T000000000000Z-abc123"),
        "rm -r ",
        "an interrupted run left files here",
    ),
    "file without a day": (
        lambda shop: stray(shop, "raw", "rees46/events/loose.csv"),
        "rm ",
        "is not in a folder ingest_date=",
    ),
    "kind of nobody": (lambda shop: stray(shop, "raw", "rees46/visits/a.csv"), "rm -r ", "rees46 has no file kind visits"),
}
