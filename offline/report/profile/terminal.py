"""A profile in the terminal."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console
from rich.text import Text

from glue_jobs.algorithms.profiling.profile import ColumnProfile
from glue_jobs.algorithms.profiling.profiler import EPOCH
from offline.console import render
from offline.report.profile.profiles import NamedProfile
from offline.report.rendering.formatting import percent, plain

MAX_TEXT = 28
PIPE_WIDTH = 180
SPARKS = "▁▂▃▄▅▆▇█"
COLUMNS = ("column", "type", "non-null", "distinct", "cardinality", "min", "median", "max", "distribution")


def show_profile(console: Console, named: NamedProfile, *, drift: float) -> None:
    """One line per column, then anomalies, missing days and drift, then the funnel."""
    profile = named.profile
    console.print(
        f"\n[bold]{render.visible(named.name)}[/]  {profile.rows:,} rows, {len(profile.columns)} columns", highlight=False
    )
    if not profile.rows:
        return
    compared = "all columns but the key" if any(column.subject.key for column in profile.columns) else "all columns"
    console.print(
        f"{percent(profile.completeness)} of all values are present; {profile.repeated:,} rows are duplicates in {compared}.",
        soft_wrap=True,
    )
    if not console.is_terminal:
        console.width = PIPE_WIDTH
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
        for column in profile.columns
    ]
    console.print(render.table(COLUMNS, lines, right=(2, 3)))
    for column in profile.columns:
        for sentence in remarks(column, drift=drift):
            console.print(Text.assemble((f"• {column.subject.name}: ", "bold"), render.visible(sentence)), soft_wrap=True)
    for sentence in named.sessions.sentences() if named.sessions else ():
        console.print(sentence, soft_wrap=True, markup=False)


def remarks(column: ColumnProfile, *, drift: float) -> list[str]:
    """What stands out about a column, in sentences."""
    sentences = []
    if column.anomalies:
        by_rows = sorted(column.anomalies.items(), key=lambda anomaly: -anomaly[1])
        kinds = [f"{rows:,} {kind.replace('_', ' ')}" for kind, rows in by_rows]
        sentences.append(f"anomalies: {', '.join(kinds)}")
    if column.days_missing:
        since = f", the longest {column.longest_gap_days:,} days after {column.gap_after}" if column.gap_after else ""
        sentences.append(
            f"{column.days_missing:,} of {column.days_missing + (column.days_covered or 0):,} days are missing{since}"
        )
    if column.psi is not None and column.psi > drift:
        sentences.append(f"drifted since the last profile: PSI {column.psi:.2f}, threshold {drift:g}")
    return sentences


def quantile(column: ColumnProfile, share: float) -> str | None:
    """A quantile as text: a number, or a date."""
    if share not in column.quantiles or not column.subject.shown:
        return None
    value = column.quantiles[share]
    if column.subject.kind in ("date", "moment"):
        return (EPOCH + timedelta(days=int(value))).isoformat()
    return plain(value)


def sparkline(column: ColumnProfile) -> str:
    """The histogram as block characters."""
    rows = [rows for _, _, rows in column.histogram]
    if len(rows) < 2 or not column.subject.shown:
        return ""
    most = max(rows) or 1
    return "".join(SPARKS[round(count / most * (len(SPARKS) - 1))] if count else " " for count in rows)


def _short(text: str | None) -> str:
    visible = render.visible(text) if text else ""
    return visible if len(visible) <= MAX_TEXT else visible[: MAX_TEXT - 1] + "…"
