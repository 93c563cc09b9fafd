"""Runs the Glue jobs on this machine: the same mains, given the same arguments, one run at a time."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contracts import load_all
from contracts.errors import LakeError
from glue_jobs.lib.source import load_source, source_names
from offline.failures import sentence
from offline.home import CURATED, PROCESSED, RAW, Home
from offline.watch import Watch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from glue_jobs.lib.building import Built
    from glue_jobs.lib.conforming import Outcome


@dataclass(frozen=True)
class Orders:
    """What a run is asked to do; `replay` is the id of the run whose quarantined rows are judged again."""

    source: str | None = None
    since: str | None = None
    full: bool = False
    grain: str | None = None
    replay: str | None = None
    memory: str = "4g"


@dataclass
class Report:
    """What came of a run: per source what conform did and which marts were built, and what failed, in sentences."""

    conformed: list[Outcome] = field(default_factory=list)
    built: list[Built] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run(home: Home, orders: Orders, watch: Watch) -> Report:
    """Conforms, then builds the marts, one source after another; a source that fails does not keep the next from its turn.

    LakeError when another run holds the lake, or for any failure that is not one source's own.
    """
    started = time.monotonic()
    report = Report(notices=list(_strangers(home)))
    wanted = [load_source(home.sources, orders.source).name] if orders.source else source_names(home.sources)
    present = [name for name in wanted if _has_files(home, name)]
    if not present:
        report.notices.append(_nothing_landed(home, orders.source))
        return report
    with home.locked("run", wait=False):
        grain = home.grain(orders.grain)
        try:
            with _session(home, orders, watch) as spark, watch.following(spark, home):
                for name in present:
                    _run_source(report, home, watch, name, _arguments(home, orders, grain, name))
        except Exception as error:
            if _interrupted:
                raise KeyboardInterrupt from None
            with suppress(OSError), home.log.open("a", encoding="utf-8") as log:
                log.write(traceback.format_exc())
            raise LakeError(sentence(error, log=home.log, memory=orders.memory)) from error
    report.seconds = time.monotonic() - started
    return report


def _run_source(report: Report, home: Home, watch: Watch, name: str, arguments: Sequence[str]) -> None:
    # Spark takes seconds to load; commands that only look things up never come here.
    from glue_jobs import conform, marts  # noqa: PLC0415

    replayed = "--replay" in arguments
    try:
        watch.phase(name, "conform", tables=list(load_source(home.sources, name).selects))
        outcomes = conform.main(arguments)
        report.conformed += outcomes
        if replayed and not outcomes:
            return
        watch.phase(name, "marts", tables=list(load_all("curated")))
        report.built += marts.main([part for part in arguments if not part.startswith(("--since=", "--replay="))])
    except LakeError as error:
        watch.done(well=False)
        if str(error) not in report.failed:
            report.failed.append(str(error))


def _arguments(home: Home, orders: Orders, grain: str, source: str) -> list[str]:
    given = {
        "raw": f"s3://{RAW}",
        "processed": f"s3://{PROCESSED}",
        "curated": f"s3://{CURATED}",
        "partition_grain": grain,
        "source": source,
        "full": str(orders.full).lower(),
        "sources": str(home.own_sources) if home.own_sources else None,
        "since": orders.since,
        "replay": orders.replay,
    }
    return [f"--{name}={value}" for name, value in given.items() if value is not None]


@contextmanager
def _session(home: Home, orders: Orders, watch: Watch) -> Iterator[SparkSession]:
    watch.phase("", "starting Spark")
    home.log.parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=home.log, level=logging.WARNING)
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    with _quiet(home):
        from offline.spark import session  # noqa: PLC0415

        spark = session(home.buckets(), log=home.log, memory=orders.memory)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield spark
    finally:
        # After an interruption Spark may be unable to answer; it ends with us.
        with suppress(Exception):
            spark.stop()


_interrupted: list[bool] = []


def _interrupt(*_: object) -> None:
    """Ctrl-C in the middle of a call to Java surfaces as any of several errors, so it is noted as well."""
    _interrupted.append(True)
    raise KeyboardInterrupt


@contextmanager
def _quiet(home: Home) -> Iterator[None]:
    """Java keeps the outputs that it is started with: for that moment they are the log. Ours are as before."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    with home.log.open("ab") as log:
        try:
            for number in kept:
                os.dup2(log.fileno(), number)
            yield
        finally:
            for number, copy in kept.items():
                os.dup2(copy, number)
                os.close(copy)


def _has_files(home: Home, source: str) -> bool:
    folders = (home.raw / source, home.bucket(PROCESSED) / "etl_files" / f"source={source}")
    return any(file.is_file() for folder in folders for file in folder.rglob("*"))


def _strangers(home: Home) -> Iterator[str]:
    """Folders in raw that no source or kind declares: what lies there is never read."""
    known = source_names(home.sources)
    for folder in sorted(entry for entry in home.raw.glob("*") if entry.is_dir()):
        if folder.name not in known:
            yield f"{folder}: no source is named {folder.name}, so its files are not read; known sources: {', '.join(known)}."
            continue
        kinds = load_source(home.sources, folder.name).kinds
        for inner in sorted(entry for entry in folder.iterdir() if entry.name not in kinds):
            yield f"{inner}: {folder.name} has no kind of file {inner.name}, so this is not read; its kinds: {', '.join(kinds)}."


def _nothing_landed(home: Home, source: str | None) -> str:
    return (
        f"Nothing to do: no file of {source or 'any source'} is in {home.raw} yet; "
        f"land some with `shoplake land {source or 'SOURCE'} FILE…`."
    )
