"""Tables for a terminal; rows as CSV and JSON for programs."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

NUMBERS = ("tinyint", "smallint", "int", "integer", "bigint", "real", "double", "decimal")
MAX_ROWS = 100
MAX_RECORDS = 20
UNBOUNDED = 10_000
# Spreadsheets evaluate text that begins with one of these.
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Iterable[int] = (), title: str = "") -> Table:
    """A light table; columns whose positions are in `right` are right-aligned."""
    grid = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        title=title or None,
        title_justify="left",
        title_style="bold",
        header_style="dim",
    )
    numeric = frozenset(right)
    for number, name in enumerate(columns):
        grid.add_column(
            Text(visible(name)), justify="right" if number in numeric else "left", no_wrap=number in numeric or not number
        )
    for row in rows:
        grid.add_row(*[value if isinstance(value, Text) else cell(value) for value in row])
    return grid


def facts(pairs: Iterable[tuple[str, Any]]) -> Table:
    """Names on the left, values on the right."""
    grid = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(Text(visible(name)), cell(value))
    return grid


def cell(value: Any) -> Text:
    """A value as a table cell: thousands separators for integers, control characters escaped."""
    if value is None:
        return Text("–", style="dim")
    if isinstance(value, bool):
        return Text(str(value).lower())
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, float):
        return Text(f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}")
    if isinstance(value, datetime):
        return Text(value.isoformat(sep=" "))
    if isinstance(value, dict | list | tuple):
        return Text(visible(as_json(value)))
    return Text(visible(str(value)))


def visible(text: str) -> str:
    """The text with control characters escaped, as in \\x1b, because raw data may contain terminal commands."""
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text
    )


def money(value: Any) -> str:
    """An amount with two decimals; a dash for null."""
    return "–" if value is None else f"{value:,.2f}"


def result(console: Console, columns: Sequence[tuple[str, str]], rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of a query: a table if it fits, else one block per row. A note says when rows are not shown."""
    right = [number for number, (_, kind) in enumerate(columns) if kind.partition("(")[0] in NUMBERS]
    grid = table([name for name, _ in columns], (_plain(row) for row in rows[:MAX_ROWS]), right=right)
    wide = Measurement.get(console, console.options.update(max_width=UNBOUNDED), grid).maximum
    if not console.is_terminal:
        console.width = max(wide, 1)
    shown = MAX_ROWS
    if wide > console.width and len(columns) > 4:
        shown = MAX_RECORDS
        _records(console, [name for name, _ in columns], rows[:shown])
    else:
        console.print(grid)
    more = len(rows) - shown
    note = f"; showing the first {shown}, --csv and --json print all" if more > 0 else ""
    console.print(f"{count(len(rows), 'row')}{note}", style="dim", soft_wrap=True)


def count(number: int, noun: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _plain(row: Sequence[Any]) -> list[Any]:
    """Integers of a query may be ids or years, so they get no thousands separators."""
    return [str(value) if isinstance(value, int | Decimal | float) and not isinstance(value, bool) else value for value in row]


def _records(console: Console, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    for number, row in enumerate(rows, start=1):
        console.rule(f"[dim]row {number}", align="left", style="dim", characters="─")
        console.print(facts(zip(names, _plain(row), strict=True)))


def write_csv(
    out: IO[str], columns: Sequence[tuple[str, str]], rows: Iterable[tuple[Any, ...]], *, spreadsheet: bool = False
) -> None:
    """RFC 4180 with a header; null is an empty field, nested values are JSON.

    With `spreadsheet`, no text can act as a formula (an apostrophe marks it as text) or as a terminal command. A terminal gets
    no text that can act as a command either.
    """
    writer = csv.writer(out, lineterminator="\n")
    field = _spreadsheet_text if spreadsheet else _shown_text if out.isatty() else _text
    writer.writerow([field(name) for name, _ in columns])
    for row in rows:
        writer.writerow([field(value) for value in row])


def _spreadsheet_text(value: Any) -> str:
    safe = _shown_text(value)
    if isinstance(value, bool | int | float | Decimal | date):
        return safe
    return f"'{safe}" if safe.lstrip().startswith(FORMULA) else safe


def _shown_text(value: Any) -> str:
    return "\n".join(map(visible, _text(value).splitlines()))


def write_json(out: IO[str], columns: Sequence[tuple[str, str]], rows: Iterable[tuple[Any, ...]]) -> None:
    """One object per line. Decimals keep all digits; of columns with the same name the last one wins."""
    shown = visible if out.isatty() else str
    for row in rows:
        out.write(shown(as_json({name: value for (name, _), value in zip(columns, row, strict=True)})) + "\n")


def as_json(value: Any) -> str:
    """JSON with exact decimals and ISO dates; numbers that JSON lacks (infinity) are strings."""
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{json.dumps(_text(key), ensure_ascii=False)}: {as_json(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_json(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, float) and value - value == 0:
        return json.dumps(value)
    return json.dumps(_text(value), ensure_ascii=False)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list | tuple):
        return as_json(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else str(value)
