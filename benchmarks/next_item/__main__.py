"""`python -m benchmarks.next_item retailrocket events.csv`: hit rate and MRR of each method, for those who have the full sets.

Prints a table. Compare the order of the methods with the published ones; on a sample all values are lower or higher by chance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.next_item.methods import SKNN, STAN, VSTAN, Recommender, association_rules, markov, neighbors, popularity
from benchmarks.next_item.sessions import FORMATS, Session, Window, read_sessions, windows
from contracts.errors import LakeError

LENGTH = 20
METHODS: Mapping[str, Callable[[Sequence[Session]], Recommender]] = {
    "popularity": popularity,
    "Markov": markov,
    "association rules": association_rules,
    "SKNN": lambda train: neighbors(train, SKNN),
    "STAN": lambda train: neighbors(train, STAN),
    "VSTAN": lambda train: neighbors(train, VSTAN),
}


@dataclass(frozen=True)
class Quality:
    """Share of next products among the first LENGTH, and the mean of 1 / rank there (0 below)."""

    hit_rate: float
    mrr: float
    predictions: int


def evaluate(train: Sequence[Session], test: Sequence[Session], method: Callable[[Sequence[Session]], Recommender]) -> Quality:
    """Predict every product of the test sessions but the first from those before it."""
    recommend, ranks = method(train), []
    for session in test:
        for place in range(1, len(session.items)):
            scores = recommend(session.items[:place], session.ended_at)
            ranks.append(_rank(scores, session.items[place]))
    hits = [rank for rank in ranks if rank]
    return Quality(len(hits) / len(ranks), sum(1 / rank for rank in hits) / len(ranks), len(ranks))


def _rank(scores: Mapping[str, float], item: str) -> int | None:
    """From 1; None below LENGTH. Ties go by product."""
    if scores.get(item, 0.0) <= 0:
        return None
    best = nsmallest(LENGTH, scores, key=lambda name: (-scores[name], name))
    return best.index(item) + 1 if item in best else None


def report(parts: Sequence[Window], console: Console) -> None:
    """A row per method: means over the windows, as published."""
    table = Table("method", f"HR@{LENGTH}", f"MRR@{LENGTH}", "predictions", title=f"Next product, {len(parts)} windows")
    for name, method in METHODS.items():
        each = [evaluate(window.train, window.test, method) for window in parts]
        means = [sum(getattr(one, figure) for one in each) / len(each) for figure in ("hit_rate", "mrr")]
        table.add_row(name, *[f"{mean:.3f}" for mean in means], f"{sum(one.predictions for one in each):,}")
    console.print(table)


def main(argv: Sequence[str]) -> int:
    """Returns 1 with a message if the file cannot be used."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.next_item", description=__doc__)
    arguments.add_argument("format", choices=sorted(FORMATS), help="whose file it is")
    arguments.add_argument("file", type=Path, help="the file of events, plain or compressed")
    arguments.add_argument("--windows", type=int, default=5, help="windows of training and test days (%(default)s)")
    arguments.add_argument("--train_days", type=float, default=25.0, help="days to learn from in each (%(default)s)")
    arguments.add_argument("--test_days", type=float, default=2.0, help="days to predict in each (%(default)s)")
    arguments.add_argument(
        "--min_support", type=int, default=5, help="leave out products with fewer views in a window (%(default)s)"
    )
    options = arguments.parse_args(argv)
    console = Console()
    try:
        sessions = read_sessions(options.file, options.format)
        sizes = {name: getattr(options, name) for name in ("train_days", "test_days", "min_support")}
        parts = list(windows(sessions, count=options.windows, **sizes))
    except LakeError as error:
        console.print(str(error), style="red", highlight=False)
        return 1
    if not parts:
        console.print("No window has sessions to learn from and to predict; lower --train_days or pass more data.", style="red")
        return 1
    report(parts, console)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
