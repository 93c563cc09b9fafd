"""Profile tables column by column with the statements of `profile_sql`, on any SQL engine.

The engine reduces a table to how often each column has each value, and aggregates that. The driver then holds a few dozen
figures per column. The job runs it on Spark, `shoplake profile` on DuckDB.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from glue_jobs.algorithms.profiling import profile_sql as sql
from glue_jobs.algorithms.profiling.drift import bins_of, drift_index
from glue_jobs.algorithms.profiling.profile import Bin, ColumnProfile, Subject, TableProfile
from glue_jobs.algorithms.profiling.profile_sql import Cell

EPOCH = date(1970, 1, 1)
# Tukey (1977): more than three interquartile ranges outside the quartiles is "far out".
FENCE_WIDTHS = 3.0
SHARES = tuple(float(share) for share in sql.QUANTILES)
SHOWN_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


class Engine(Protocol):
    """A SQL engine with the tables as views profiled_0, …, each with columns c0, c1, …, and the function unix_date."""

    def create_cells(self, views: Mapping[str, Sequence[Cell]]) -> None:
        """Create the view `cells`: one row per row and cell of each of these views."""

    def materialize(self, name: str, statement: str) -> None:
        """Create a view of a statement's rows, computed once."""

    def create_view(self, name: str, rows: Sequence[Mapping[str, Any]], *, texts: bool) -> None:
        """Create a view of literal rows: position and upper (double), or position and text."""

    def query(self, statement: str) -> list[dict[str, Any]]:
        """The rows of a statement."""


Earlier = Mapping[str, Mapping[str, Sequence[Bin]]]


def profile_tables(
    engine: Engine, tables: Mapping[str, Sequence[Subject]], previous: Earlier | None = None
) -> dict[str, TableProfile]:
    """The profiles of the views profiled_0, …, by table name.

    All columns of all tables are counted in one pass, because starting a statement costs more than counting a small table.
    `previous` has the bins of an earlier run by table and column, for drift.
    """
    views: dict[str, list[Cell]] = {}
    columns: list[ColumnProfile] = []
    profiles: dict[str, TableProfile] = {}
    for number, (name, subjects) in enumerate(tables.items()):
        views[f"profiled_{number}"] = sql.cells([subject.kind for subject in subjects], first=len(columns))
        kept = [place for place, subject in enumerate(subjects) if not subject.key] or range(len(subjects))
        whole = engine.query(sql.repeated_rows(f"profiled_{number}", kept))[0]
        own = [ColumnProfile(subject, rows=int(whole["row_count"])) for subject in subjects]
        profiles[name] = TableProfile(int(whole["row_count"]), int(whole["repeated"]), own)
        columns += own
    engine.create_cells(views)
    engine.materialize("counts", sql.COUNTS)
    engine.materialize("numbers", sql.NUMBERS)
    _summarize(engine, columns)
    measures = {row["position"]: row for row in engine.query(sql.MEASURES)}
    _days(engine, columns)
    names = [(name, subject.name) for name, subjects in tables.items() for subject in subjects]
    earlier = {place: (previous or {}).get(table, {}).get(name, ()) for place, (table, name) in enumerate(names)}
    _measure(engine, columns, measures, earlier)
    return profiles


def _summarize(engine: Engine, columns: Sequence[ColumnProfile]) -> None:
    for row in engine.query(sql.SUMMARY):
        column = columns[row["position"]]
        column.non_null, column.distinct, column.once = int(row["filled"]), int(row["distinct_values"]), int(row["once"])
        by_number = column.subject.kind == "number"
        if column.subject.shown:
            column.min_value, column.max_value = (row["least"], row["most"]) if by_number else (row["lowest"], row["highest"])
        words = ("not_finite",) if by_number else ("blank", "padded", "placeholder", "broken_text")
        column.anomalies |= {word: int(row[word]) for word in words if row[word]}
    for row in engine.query(sql.TOP_VALUES):
        columns[row["position"]].top.append((row["text"], int(row["n"])))


def _days(engine: Engine, columns: Sequence[ColumnProfile]) -> None:
    today = (datetime.now(UTC).date() - EPOCH).days
    for row in engine.query(sql.DAYS.format(today=today)):
        column = columns[row["position"]]
        column.days_covered, column.days_missing = int(row["covered"]), int(row["missing"])
        column.longest_gap_days = int(row["longest"])
        if column.longest_gap_days:
            column.gap_after = EPOCH + timedelta(days=int(row["gap_after"]))
        column.anomalies |= {word: int(row[word]) for word in ("future", "no_date") if row[word]}


def _measure(
    engine: Engine,
    columns: Sequence[ColumnProfile],
    measures: Mapping[int, Mapping[str, Any]],
    earlier: Mapping[int, Sequence[Bin]],
) -> None:
    """Everything between edges: histograms, outliers, and the bins for drift in this run and the earlier one."""
    edges: dict[int, set[float]] = defaultdict(set)
    for position, row in measures.items():
        _set_measures(columns[position], row)
        edges[position] |= {*_buckets(row), *_fences(columns[position]), *columns[position].quantiles.values()}
    for position, bins in earlier.items():
        edges[position] |= {one.upper for one in bins if one.upper is not None}
    edge_rows = [{"position": place, "upper": edge} for place, uppers in sorted(edges.items()) for edge in sorted(uppers)]
    engine.create_view("edges", edge_rows, texts=False)
    counts = engine.query(sql.AT_EDGES) if edge_rows else []
    at = {(row["position"], row["upper"]): (int(row["upto"]), int(row["below"])) for row in counts}
    named = [{"position": place, "text": one.value} for place, bins in earlier.items() for one in bins if one.kind == "value"]
    engine.create_view("requested", named, texts=True)
    value_rows = engine.query(sql.AT_VALUES) if named else []
    value_counts = {(row["position"], row["text"]): int(row["n"]) for row in value_rows}
    for place, column in enumerate(columns):
        upto = {edge: rows for (position, edge), (rows, _) in at.items() if position == place}
        if place in measures:
            _fill_histogram(column, _buckets(measures[place]), upto)
            _count_outliers(column, {edge: rows for (position, edge), rows in at.items() if position == place})
        column.bins = bins_of(column, upto)
        values = {text: rows for (position, text), rows in value_counts.items() if position == place}
        column.psi = drift_index(earlier[place], column, upto, values)
        if not column.subject.shown:
            column.top, column.bins = [], [one for one in column.bins if one.kind != "value"]


def _set_measures(column: ColumnProfile, row: Mapping[str, Any]) -> None:
    column.quantiles = {share: float(row[f"q{place}"]) for place, share in enumerate(SHARES)}
    if column.subject.kind == "number":
        column.mean, column.stddev = row["mean"], row["deviation"]
        column.zeros, column.negatives = int(row["zeros"]), int(row["negatives"])


def _buckets(row: Mapping[str, Any]) -> list[float]:
    """Upper edges of equal-width buckets between the 1 % and 99 % quantiles; the outer buckets extend to min and max."""
    low, high = float(row["q0"]), float(row[f"q{len(SHARES) - 1}"])
    if low == high:
        return [float(row["most"])]
    width = (high - low) / sql.BUCKETS
    return [low + width * step for step in range(1, sql.BUCKETS)] + [float(row["most"])]


def _fences(column: ColumnProfile) -> tuple[float, ...]:
    if column.subject.kind != "number":
        return ()
    low, high = column.quantiles[0.25], column.quantiles[0.75]
    return (low - FENCE_WIDTHS * (high - low), high + FENCE_WIDTHS * (high - low)) if high > low else ()


def _fill_histogram(column: ColumnProfile, uppers: Sequence[float], upto: Mapping[float, int]) -> None:
    low, before = column.quantiles[SHARES[0]], 0
    for upper in uppers:
        column.histogram.append((low, upper, upto[upper] - before))
        low, before = upper, upto[upper]


def _count_outliers(column: ColumnProfile, at: Mapping[float, tuple[int, int]]) -> None:
    fences = _fences(column)
    if fences:
        outside = at[fences[0]][1] + column.non_null - column.anomalies.get("not_finite", 0) - at[fences[1]][0]
        column.anomalies |= {"far_out": outside} if outside else {}
