"""One self-contained page of HTML: style, tables and pictures are inside it, and nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from string import Template
from typing import Any

from offline.report.numbers import plain


def page(*, title: str, subtitle: str, body: str, footer: str) -> str:
    """The whole page; `body` is HTML, the rest is text."""
    frame = Template((resources.files("offline.report") / "page.html").read_text(encoding="utf-8"))
    return frame.substitute(title=escape(title), subtitle=escape(subtitle), body=body, footer=escape(footer))


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Figures side by side, each under its name."""
    return (
        '<dl class="facts">'
        + "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)
        + "</dl>"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows under their names; numbers stand to the right."""
    written = [[(value, plain(value)) for value in row] for row in rows]
    numeric = [
        any(is_number(row[place][0]) for row in written)
        and all(row[place][0] is None or is_number(row[place][0]) for row in written)
        for place in range(len(columns))
    ]
    head = "".join(_cell("th", name, number=number) for name, number in zip(columns, numeric, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell('td', text, number=number) for (_, text), number in zip(row, numeric, strict=True))}</tr>"
        for row in written
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def is_number(value: Any) -> bool:
    """Whether a value stands to the right: a number, or text that was made of one."""
    return isinstance(value, Figure) or (hasattr(value, "__float__") and not isinstance(value, bool))


class Figure(str):
    """A number as it is to be read, such as 12.3 %."""

    __slots__ = ()


def _cell(tag: str, text: str, *, number: bool) -> str:
    kind = ' class="n"' if number else ' class="t"' if tag == "td" else ""
    return f"<{tag}{kind}>{escape(text)}</{tag}>"
