"""Spark work in parallel: tables that do not depend on each other, and models that differ in one parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

from pyspark import SparkContext, inheritable_thread_target

from glue_jobs.lib.lake.progress import table_started

Result = TypeVar("Result")
Item = TypeVar("Item")
# Several jobs at once fill the cores that another job's planning and last tasks leave idle.
CONCURRENT = 3
# Reading small objects is waiting for S3.
STORAGE_THREADS = 16


def build_all(
    spark: SparkContext, order: Sequence[tuple[str, frozenset[str]]], build: Callable[[str, frozenset[str]], Sequence[Result]]
) -> list[Result]:
    """Calls `build(table, reads)` for each table once the tables it reads are built, several at a time; all results, in order.

    The first failure is raised, after the Spark jobs that are still running are canceled.
    """
    reads = dict(order)
    waiting = TopologicalSorter({table: sorted(names & reads.keys()) for table, names in order})
    waiting.prepare()
    running: dict[Future[Sequence[Result]], str] = {}
    results: dict[str, Sequence[Result]] = {}
    with ThreadPoolExecutor(CONCURRENT) as pool:
        try:
            while waiting.is_active():
                for table in sorted(waiting.get_ready(), key=[name for name, _ in order].index):
                    table_started(table)
                    running[pool.submit(inheritable_thread_target(build), table, reads[table])] = table
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    table = running.pop(future)
                    results[table] = future.result()
                    waiting.done(table)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            spark.cancelAllJobs()
            raise
    return [one for table, _ in order for one in results[table]]


def map_parallel(items: Iterable[Item], function: Callable[[Item], Result], *, threads: int = CONCURRENT) -> list[Result]:
    """`function` of each item, several at a time, in the items' order; the first failure is raised."""
    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(inheritable_thread_target(function), item) for item in items]]
