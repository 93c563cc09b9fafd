"""A profile as one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from glue_jobs.algorithms.profiling.profile import ColumnProfile, TableProfile
from glue_jobs.algorithms.profiling.profiler import SHOWN_QUANTILES
from offline.report.numbers import percent, plain
from offline.report.page import Figure, facts, page, table
from offline.report.profile.business import Business
from offline.report.profile.show import quantile, remarks

WIDTH, HEIGHT = 400, 90
FOOTER = (
    "Every figure is counted over all rows; nothing is a sample or an estimate. A quantile is a value that is there. "
    "The histogram's outer bars reach to the least and the greatest value. Far out: further than three quartile distances "
    "from the middle half (Tukey 1977)."
)


def profile_page(told: Sequence[tuple[str, TableProfile, Business | None]], *, title: str, drift: float) -> str:
    """The page of one or more tables, by name."""
    parts = []
    for name, one, business in told:
        parts.append(f"<h3>{escape(name)}</h3>")
        pairs = [
            ("rows", plain(one.rows)),
            ("columns", plain(len(one.columns))),
            ("cells filled", percent(one.completeness)),
            ("rows repeated", plain(one.repeated)),
        ]
        if business:
            pairs += [
                ("sessions", plain(business.sessions)),
                ("events per session", f"{business.events / business.sessions:.2f}"),
                ("sessions per user", f"{business.of_users / business.users:.2f}" if business.users else "–"),
                ("sessions that bought", percent(business.reached_purchase / business.sessions)),
            ]
        parts.append(facts(pairs))
        parts.append(_overview(one))
        parts.append('<div class="cards">' + "".join(_card(column, drift=drift) for column in one.columns) + "</div>")
    subtitle = "Schema, completeness, distributions and what looks suspicious, column by column"
    return page(title=title, subtitle=subtitle, body="\n".join(parts), footer=FOOTER)


def _overview(one: TableProfile) -> str:
    compared = any(column.psi is not None for column in one.columns)
    rows = [
        (
            column.subject.name,
            column.subject.type,
            Figure(percent(column.completeness)),
            column.distinct,
            column.cardinality,
            *([Figure("–" if column.psi is None else f"{column.psi:.3f}")] if compared else []),
        )
        for column in one.columns
    ]
    written = table(("column", "type", "filled", "different values", "kind", *(["PSI"] if compared else [])), rows)
    return f'<div class="card wide" style="margin-bottom:1rem">{written}</div>'


def _card(column: ColumnProfile, *, drift: float) -> str:
    name, kind = escape(column.subject.name), escape(f"{column.subject.type} · {column.cardinality}")
    parts = [f'<section class="card"><h2>{name}</h2><p class="note">{kind}</p>']
    parts += [f'<p class="note warn">{escape(sentence)}</p>' for sentence in remarks(column, drift=drift)]
    if column.subject.shown:
        parts.append(histogram(column))
    figures = [
        ("filled", Figure(f"{column.non_null:,} ({percent(column.completeness)})")),
        ("different, of which once", Figure(f"{column.distinct:,}, {column.once:,}")),
        *([("least", column.min_value), ("greatest", column.max_value)] if column.min_value is not None else []),
        *([("mean ± deviation", Figure(f"{plain(column.mean)} ± {plain(column.stddev)}"))] if column.mean is not None else []),
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
    """The buckets as bars of a small SVG, with the edges written below; empty where there are none."""
    if len(column.histogram) < 2:
        return ""
    most = max(rows for _, _, rows in column.histogram) or 1
    step = WIDTH / len(column.histogram)
    bars = "".join(
        f'<rect x="{place * step:.1f}" y="{HEIGHT - rows / most * HEIGHT:.1f}" width="{step - 1.5:.1f}" '
        f'height="{rows / most * HEIGHT:.1f}" fill="#0072b2"><title>{rows:,} rows</title></rect>'
        for place, (_, _, rows) in enumerate(column.histogram)
    )
    low, high = escape(quantile(column, 0.01) or ""), escape(quantile(column, 0.99) or "")
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT + 22}" role="img" aria-label="histogram">{bars}'
        f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}" stroke="#5a6675"/>'
        f'<text x="0" y="{HEIGHT + 17}" font-size="13" fill="#5a6675">{low}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT + 17}" font-size="13" fill="#5a6675" text-anchor="end">{high}</text></svg>'
    )
