"""The SQL of a profile, in the dialect that Spark and DuckDB share.

Every figure is exact and covers all rows. A table is first reduced to `counts` (position, part, text, number, n), one row per
column and distinct value; all other statements read that. `number` is the value as a double, for numeric columns. The part
`day` has the days since 1970-01-01 of date and timestamp columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

TOP = 10
BUCKETS = 20
# Text that people and programs write for a missing value.
PLACEHOLDERS = ("n/a", "#n/a", "na", "nan", "none", "null", "nil", "undefined", "unknown", "missing", "-", "--", "?", "tbd")
# UTF-8 that was decoded as Windows-1252, or lost bytes.
BROKEN_TEXT = ("\ufffd", "Ã©", "Ã¨", "Ã¼", "Ã¶", "Ã¤", "â€", "Â£")
# 1900-01-01, 1970-01-01 and 9999-12-31 in days since 1970: placeholders for "no date".
NO_DATE = (-25567, 0, 2932896)
QUANTILES = ("0.01", "0.05", "0.1", "0.2", "0.25", "0.3", "0.4", "0.5", "0.6", "0.7", "0.75", "0.8", "0.9", "0.95", "0.99")

SUMMARY = f"""
select
  position,
  sum(case when text is not null then n else 0 end) as filled,
  count(text) as distinct_values,
  sum(case when text is not null and n = 1 then 1 else 0 end) as once,
  min(text) as lowest,
  max(text) as highest,
  min_by(text, number) as least,
  max_by(text, number) as most,
  sum(case when trim(text) = '' then n else 0 end) as blank,
  sum(case when trim(text) <> '' and trim(text) <> text then n else 0 end) as padded,
  sum(case when lower(trim(text)) in ({", ".join(f"'{word}'" for word in PLACEHOLDERS)}) then n else 0 end) as placeholder,
  sum(case when {" or ".join(f"text like '%{piece}%'" for piece in BROKEN_TEXT)} then n else 0 end) as broken_text,
  sum(case when number is not null and not (number between -1e308 and 1e308) then n else 0 end) as not_finite
from counts
where part = 'value'
group by position
"""

TOP_VALUES = f"""
with placed as (
  select position, text, n, row_number() over (partition by position order by n desc, text) as place
  from counts
  where part = 'value' and text is not null
)
select position, text, n, place from placed where place <= {TOP} order by position, place
"""

# A quantile is the smallest value with at least that share of rows at or below it: an actual value, not interpolated.
MEASURES = f"""
with running as (
  select
    position,
    number,
    n,
    sum(n) over (partition by position order by number rows between unbounded preceding and current row) as upto,
    sum(n) over (partition by position) as total,
    sum(n * number) over (partition by position) / sum(n) over (partition by position) as mean
  from numbers
)
select
  position,
  min(number) as least,
  max(number) as most,
  min(mean) as mean,
  sqrt(sum(n * (number - mean) * (number - mean)) / nullif(min(total) - 1, 0)) as deviation,
  sum(case when number = 0 then n else 0 end) as zeros,
  sum(case when number < 0 then n else 0 end) as negatives,
  {", ".join(f"min(case when upto >= {share} * total then number end) as q{place}" for place, share in enumerate(QUANTILES))}
from running
group by position
"""

# Rows at or below each edge, and rows below it.
AT_EDGES = """
select
  edges.position,
  edges.upper,
  sum(case when numbers.number <= edges.upper then numbers.n else 0 end) as upto,
  sum(case when numbers.number < edges.upper then numbers.n else 0 end) as below
from edges
join numbers on numbers.position = edges.position
group by edges.position, edges.upper
"""

AT_VALUES = """
select requested.position, requested.text, sum(counts.n) as n
from requested
join counts on counts.position = requested.position and counts.text = requested.text and counts.part = 'value'
group by requested.position, requested.text
"""

DAYS = f"""
with days as (
  select position, number, n, lag(number) over (partition by position order by number) as before
  from counts
  where part = 'day'
)
select
  position,
  count(*) as covered,
  max(number) - min(number) + 1 - count(*) as missing,
  coalesce(max(number - before - 1), 0) as longest,
  max_by(before, number - before) as gap_after,
  sum(case when number > {{today}} then n else 0 end) as future,
  sum(case when number in {NO_DATE} then n else 0 end) as no_date
from days
group by position
"""


class Cell(NamedTuple):
    """What a row contributes for a column: position, part, and the SQL of text and number. A null day is not counted."""

    position: int
    part: str
    text: str
    number: str


COUNTS = """
select position, part, text, number, count(*) as n
from cells
where part = 'value' or number is not null
group by position, part, text, number
"""

NUMBERS = "select position, number, n from counts where number between -1e308 and 1e308"


def cells(kinds: Sequence[str], *, first: int = 0) -> list[Cell]:
    """The cells of a view with columns c0, c1, … of these kinds; the first column has position `first`."""
    cells = []
    for place, kind in enumerate(kinds):
        name, position = f"c{place}", first + place
        number = f"cast({name} as double)" if kind == "number" else "cast(null as double)"
        cells.append(Cell(position, "value", f"cast({name} as string)", number))
        if kind in ("date", "moment"):
            day = f"cast(unix_date(cast({name} as date)) as double)"
            cells.append(Cell(position, "day", "cast(null as string)", day))
    return cells


def repeated_rows(view: str, positions: Sequence[int]) -> str:
    """SQL that counts the rows of a view, and the rows that repeat an earlier one in these columns."""
    names = ", ".join(f"c{position}" for position in positions)
    alike = f"select count(*) as n from {view} group by {names}"
    return f"select coalesce(sum(n), 0) as row_count, coalesce(sum(n - 1), 0) as repeated from ({alike}) as alike"


def kind_of(physical_type: str) -> str:
    """The kind of a Spark or DuckDB type: number, date, moment, flag, nested or text."""
    name = physical_type.lower()
    if "<" in name or name.endswith("]") or name.startswith(("struct", "map", "union", "json")):
        return "nested"
    if name.startswith(("tinyint", "smallint", "int", "bigint", "hugeint", "uint", "ubig", "float", "double", "decimal", "real")):
        return "number"
    return {"date": "date", "boolean": "flag"}.get(name, "moment" if name.startswith("timestamp") else "text")
