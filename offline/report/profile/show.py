"""A profile in the terminal."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console
from rich.text import Text

from glue_jobs.algorithms.profiling.profile import ColumnProfile, TableProfile
from glue_jobs.algorithms.profiling.profiler import EPOCH
from offline.console import render
from offline.report.numbers import percent, plain
from offline.report.profile.business import Business

WIDE = 28
ROOM = 180  # where no terminal sets a width
SPARKS = "▁▂▃▄▅▆▇█"
COLUMNS = ("column", "type", "filled", "different", "kind", "least", "median", "most", "spread")


def show_profile(console: Console, name: str, told: TableProfile, business: Business | None, *, drift: float) -> None:
    """One line a column, then what is suspicious, missing days, drift, and the shop's own figures."""
    console.print(f"\n[bold]{render.visible(name)}[/]  {told.rows:,} rows, {len(told.columns)} columns", highlight=False)
    if not told.rows:
        return
    alike = "all but the ids of its key" if any(column.subject.key for column in told.columns) else "every column"
    console.print(
        f"{percent(told.completeness)} of all cells are filled; {told.repeated:,} rows repeat another one in {alike}.",
        soft_wrap=True,
    )
    if not console.is_terminal:
        console.width = ROOM
    lines = [
        (
            column.subject.name,
            _short(column.subject.type),
            percent(column.completeness),
            column.distinct,
            column.cardinality,
            _short(column.min_value),
            _short(quantile(column, 0.5)),
            _short(column.max_value),
            sparkline(column),
        )
        for column in told.columns
    ]
    console.print(render.table(COLUMNS, lines, right=(2, 3)))
    for column in told.columns:
        for sentence in remarks(column, drift=drift):
            console.print(Text.assemble((f"• {column.subject.name}: ", "bold"), render.visible(sentence)), soft_wrap=True)
    for sentence in business.sentences() if business else ():
        console.print(sentence, soft_wrap=True, markup=False)


def remarks(column: ColumnProfile, *, drift: float) -> list[str]:
    """What a reader should not miss about a column, in sentences."""
    told = []
    if column.anomalies:
        most_first = sorted(column.anomalies.items(), key=lambda one: -one[1])
        kinds = [f"{rows:,} {word.replace('_', ' ')}" for word, rows in most_first]
        told.append(f"suspicious values: {', '.join(kinds)}")
    if column.days_missing:
        since = f", the longest {column.longest_gap_days:,} days after {column.gap_after}" if column.gap_after else ""
        told.append(f"{column.days_missing:,} of {column.days_missing + (column.days_covered or 0):,} days are missing{since}")
    if column.psi is not None and column.psi > drift:
        told.append(f"drifted since the last profile: PSI {column.psi:.2f}, more than {drift:g}")
    return told


def quantile(column: ColumnProfile, share: float) -> str | None:
    """A quantile in the column's own terms: a number, or a date."""
    if share not in column.quantiles or not column.subject.shown:
        return None
    found = column.quantiles[share]
    if column.subject.kind in ("date", "moment"):
        return (EPOCH + timedelta(days=int(found))).isoformat()
    return plain(found)


def sparkline(column: ColumnProfile) -> str:
    """The histogram in blocks, the fullest bucket highest."""
    rows = [rows for _, _, rows in column.histogram]
    if len(rows) < 2 or not column.subject.shown:
        return ""
    most = max(rows) or 1
    return "".join(SPARKS[round(count / most * (len(SPARKS) - 1))] if count else " " for count in rows)


def _short(text: str | None) -> str:
    seen = render.visible(text) if text else ""
    return seen if len(seen) <= WIDE else seen[: WIDE - 1] + "…"
