"""A profile as one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence

from glue_jobs.algorithms.profiling.profile import ColumnProfile, TableProfile
from glue_jobs.algorithms.profiling.profiler import SHOWN_QUANTILES
from offline.report.profile.profiles import NamedProfile
from offline.report.profile.terminal import quantile, remarks
from offline.report.rendering.formatting import percent, plain
from offline.report.rendering.page import Fact, Figure, escape, facts, page, table

WIDTH, HEIGHT = 400, 90
FOOTER = (
    "All figures are counted over all rows, without sampling or estimates. A quantile is a value that occurs. "
    "The outer bars of a histogram reach to the minimum and the maximum. Far out: more than three interquartile ranges "
    "away from the middle half (Tukey 1977)."
)


def profile_page(named: Sequence[NamedProfile], *, title: str, drift: float) -> str:
    """The page of one or more profiles."""
    parts = []
    for one in named:
        parts.append(f"<h3>{escape(one.name)}</h3>")
        figures = [
            ("rows", plain(one.profile.rows)),
            ("columns", plain(len(one.profile.columns))),
            ("values present", percent(one.profile.completeness)),
            ("duplicate rows", plain(one.profile.repeated)),
        ]
        if sessions := one.sessions:
            per_user = sessions.sessions_per_user
            figures += [
                ("sessions", plain(sessions.sessions)),
                ("events per session", f"{sessions.events / sessions.sessions:.2f}"),
                ("sessions per user", "–" if per_user is None else f"{per_user:.2f}"),
                ("sessions that bought", percent(sessions.purchase_sessions / sessions.sessions)),
            ]
        parts.append(facts(Fact(*figure) for figure in figures))
        parts.append(_overview(one.profile))
        parts.append('<div class="cards">' + "".join(_card(column, drift=drift) for column in one.profile.columns) + "</div>")
    subtitle = "Schema, completeness, distributions and anomalies, column by column"
    return page(title=title, subtitle=subtitle, body="\n".join(parts), footer=FOOTER)


def _overview(profile: TableProfile) -> str:
    has_psi = any(column.psi is not None for column in profile.columns)
    rows = [
        (
            column.subject.name,
            column.subject.type,
            Figure(percent(column.completeness)),
            column.distinct,
            column.cardinality,
            *([Figure("–" if column.psi is None else f"{column.psi:.3f}")] if has_psi else []),
        )
        for column in profile.columns
    ]
    overview = table(("column", "type", "non-null", "distinct values", "cardinality", *(["PSI"] if has_psi else [])), rows)
    return f'<div class="card wide" style="margin-bottom:1rem">{overview}</div>'


def _card(column: ColumnProfile, *, drift: float) -> str:
    name, kind = escape(column.subject.name), escape(f"{column.subject.type} · {column.cardinality}")
    parts = [f'<section class="card"><h2>{name}</h2><p class="note">{kind}</p>']
    parts += [f'<p class="note warn">{escape(sentence)}</p>' for sentence in remarks(column, drift=drift)]
    if column.subject.shown:
        parts.append(histogram(column))
    figures = [
        ("non-null", Figure(f"{column.non_null:,} ({percent(column.completeness)})")),
        ("distinct, occurring once", Figure(f"{column.distinct:,}, {column.once:,}")),
        *([("min", column.min_value), ("max", column.max_value)] if column.min_value is not None else []),
        *([("mean ± stddev", Figure(f"{plain(column.mean)} ± {plain(column.stddev)}"))] if column.mean is not None else []),
        *([("zeros, negatives", Figure(f"{column.zeros:,}, {column.negatives:,}"))] if column.zeros is not None else []),
    ]
    parts.append(table(("", ""), figures))
    if column.quantiles and column.subject.shown:
        shares = [f"{share:.0%}" for share in SHOWN_QUANTILES]
        parts.append(table(shares, [[Figure(quantile(column, share) or "–") for share in SHOWN_QUANTILES]]))
    if column.top and column.cardinality != "unique":
        rows = [(value, rows, Figure(percent(rows / column.rows))) for value, rows in column.top]
        shown = "" if column.histogram else ' open=""'
        parts.append(
            f"<details{shown}><summary>Most frequent values</summary>{table(('value', 'rows', 'share'), rows)}</details>"
        )
    return "".join(parts) + "</section>"


def histogram(column: ColumnProfile) -> str:
    """The histogram as a small SVG with its edges as labels; empty if there is none."""
    if len(column.histogram) < 2:
        return ""
    most = max(rows for _, _, rows in column.histogram) or 1
    step = WIDTH / len(column.histogram)
    bars = "".join(
        f'<rect x="{position * step:.1f}" y="{HEIGHT - rows / most * HEIGHT:.1f}" width="{step - 1.5:.1f}" '
        f'height="{rows / most * HEIGHT:.1f}" fill="#0072b2"><title>{rows:,} rows</title></rect>'
        for position, (_, _, rows) in enumerate(column.histogram)
    )
    low, high = escape(quantile(column, 0.01) or ""), escape(quantile(column, 0.99) or "")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT + 22}" role="img" aria-label="histogram">{bars}'
        f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}" stroke="#5a6675"/>'
        f'<text x="0" y="{HEIGHT + 17}" font-size="13" fill="#5a6675">{low}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT + 17}" font-size="13" fill="#5a6675" text-anchor="end">{high}</text></svg>'
    )
