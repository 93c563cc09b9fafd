"""Work that Spark does side by side: tables as far as they do not wait for one another, and models that differ in a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

from pyspark import SparkContext, inheritable_thread_target

Made = TypeVar("Made")
Item = TypeVar("Item")
# Spark runs the stages of several jobs at once: one fills the cores that the planning and the last tasks of another leave idle.
TOGETHER = 3


def make_all(
    spark: SparkContext, order: Sequence[tuple[str, frozenset[str]]], make: Callable[[str, frozenset[str]], Sequence[Made]]
) -> list[Made]:
    """Calls `make(table, reads)` for each table once those that it reads are made, several at a time; what came of all, in order.

    The first failure is raised, after the Spark jobs that were still running are cancelled.
    """
    reads = dict(order)
    waiting = TopologicalSorter({table: sorted(names & reads.keys()) for table, names in order})
    waiting.prepare()
    running: dict[Future[Sequence[Made]], str] = {}
    made: dict[str, Sequence[Made]] = {}
    with ThreadPoolExecutor(TOGETHER) as pool:
        try:
            while waiting.is_active():
                for table in sorted(waiting.get_ready(), key=[name for name, _ in order].index):
                    running[pool.submit(inheritable_thread_target(make), table, reads[table])] = table
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    table = running.pop(done)
                    made[table] = done.result()
                    waiting.done(table)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            spark.cancelAllJobs()
            raise
    return [one for table, _ in order for one in made[table]]


def make_each(items: Iterable[Item], make: Callable[[Item], Made]) -> list[Made]:
    """What `make` makes of each item, several at a time, in the items' order; the first failure is raised."""
    with ThreadPoolExecutor(TOGETHER) as pool:
        return [made.result() for made in [pool.submit(inheritable_thread_target(make), item) for item in items]]
