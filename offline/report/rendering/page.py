"""One self-contained HTML page: styles, tables and charts are inside it, and it loads nothing."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from importlib import resources
from string import Template
from typing import Any, NamedTuple

from offline.console.render import visible
from offline.report.rendering.formatting import plain


def escape(text: str) -> str:
    """Text as HTML shows it, with control characters escaped."""
    return html.escape(visible(text))


def page(*, title: str, subtitle: str, body: str, footer: str) -> str:
    """The complete page; `body` is HTML, the rest is text."""
    frame = Template((resources.files("offline.report.rendering") / "page.html").read_text(encoding="utf-8"))
    return frame.substitute(title=escape(title), subtitle=escape(subtitle), body=body, footer=escape(footer))


class Fact(NamedTuple):
    """A key figure: its name, its value as text, and what to compare it with."""

    name: str
    value: str
    note: str = ""


def facts(figures: Iterable[Fact]) -> str:
    """Key figures side by side, each under its name and over its note."""
    return f'<dl class="facts">{"".join(map(_fact, figures))}</dl>'


def _fact(figure: Fact) -> str:
    note = f'<dd class="note">{escape(figure.note)}</dd>' if figure.note else ""
    return f"<div><dt>{escape(figure.name)}</dt><dd>{escape(figure.value)}</dd>{note}</div>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table with a header; numbers are right-aligned."""
    cells = [[(value, plain(value)) for value in row] for row in rows]
    numeric = [
        any(is_number(row[column][0]) for row in cells)
        and all(row[column][0] is None or is_number(row[column][0]) for row in cells)
        for column in range(len(columns))
    ]
    head = "".join(_cell("th", name, number=number) for name, number in zip(columns, numeric, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell('td', text, number=number) for (_, text), number in zip(row, numeric, strict=True))}</tr>"
        for row in cells
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def is_number(value: Any) -> bool:
    """Whether a value is right-aligned: a number, or a formatted one."""
    return isinstance(value, Figure) or (hasattr(value, "__float__") and not isinstance(value, bool))


class Figure(str):
    """A formatted number, such as 12.3%."""

    __slots__ = ()


def _cell(tag: str, text: str, *, number: bool) -> str:
    kind = ' class="n"' if number else ' class="t"' if tag == "td" else ""
    return f"<{tag}{kind}>{escape(text)}</{tag}>"
