"""Charts in one style: little ink, and colors that remain distinct for color-blind readers (Okabe & Ito 2008)."""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

from offline.console.render import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, PINK, SKY, YELLOW = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"
INK, SOFT, LINE = "#1b2330", "#5a6675", "#dde2e8"
WIDTH, ROW = 4.8, 0.32
COLORS = 64
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": LINE,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": INK,
    "svg.hashsalt": "shoplake",
    "figure.constrained_layout.use": True,
}
Format = Callable[[float], str]
# The name of a row: a text, or lines of text.
Name = str | tuple[str, ...]


def figure(rows: float = 11, *, columns: int = 1, width: float = WIDTH) -> tuple[Figure, list[Axes]]:
    """A figure as high as `rows` lines of text, with one or more axes side by side."""
    with mpl.rc_context(STYLE):
        chart = Figure(figsize=(width, max(2.2, rows * ROW + 0.5)))
        axes = chart.subplots(1, columns, squeeze=False)
    return chart, list(axes[0])


def bars(
    ax: Axes, names: Sequence[Name], values: Sequence[float], format_value: Format, *, color: str = BLUE, room: int = 30
) -> None:
    """Horizontal bars, the first on top, each with its value at the end instead of an axis."""
    positions = range(len(names))
    ax.barh(positions, values, color=color, height=0.72)
    name_rows(ax, names, room=room)
    ax.xaxis.set_visible(False)
    ax.spines[["bottom"]].set_visible(False)
    low, high = min([*values, 0]), max([*values, 0])
    span = (high - low) or 1
    ax.set_xlim(low - (0.28 * span if low < 0 else 0), high + 0.28 * span)
    for position, value in zip(positions, values, strict=True):
        side = "left" if value >= 0 else "right"
        ax.text(
            value + (0.012 if value >= 0 else -0.012) * span, position, format_value(value), va="center", ha=side, fontsize=10
        )


def rate_bars(ax: Axes, rates: Sequence[float], *, title: str) -> None:
    """Bars of rates without names, for the right-hand side of bars that have them."""
    bars(ax, [""] * len(rates), rates, lambda share: f"{share:.1%}", color=ORANGE)
    ax.set_title(title, fontsize=10, color=SOFT, loc="left")


def name_rows(ax: Axes, names: Sequence[Name], *, room: int = 30) -> None:
    """Name the rows of a horizontal chart, the first on top; every line has at most `room` characters."""
    lines = [(name,) if isinstance(name, str) else name for name in names]
    ax.set_yticks(range(len(names)), ["\n".join(shorten(line, room) for line in each) for each in lines])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)


def columns(
    ax: Axes, names: Sequence[str], values: Sequence[float], format_value: Format, *, color: str = BLUE, x_label: str = ""
) -> None:
    """Vertical bars over their names, each with its value on top."""
    ax.bar(range(len(names)), values, color=color, width=0.75)
    ax.set_xticks(range(len(names)), list(names))
    ax.tick_params(axis="x", length=0)
    ax.yaxis.set_visible(False)
    ax.spines[["left"]].set_visible(False)
    ax.set_xlabel(x_label)
    ax.set_ylim(0, (max(values, default=0) or 1) * 1.12)
    for position, value in enumerate(values):
        ax.text(position, value, format_value(value), ha="center", va="bottom", fontsize=9)


def time_columns(ax: Axes, values: Sequence[float], complete: Sequence[bool]) -> None:
    """Vertical bars of periods, in order; periods that the data do not cover entirely are hatched."""
    drawn = ax.bar(range(len(values)), values, color=BLUE, width=0.8)
    for bar, is_complete in zip(drawn, complete, strict=True):
        if not is_complete:
            bar.set(facecolor="#cfe3f1", edgecolor=BLUE, hatch="///", linewidth=0)


def heat(
    ax: Axes, cells: Sequence[Sequence[float | None]], format_value: Format, *, highest: float | None = None, size: float = 9
) -> None:
    """A grid of colored cells with their values; None stays blank."""
    known = [value for row in cells for value in row if value is not None]
    top = highest or max(known, default=1) or 1
    filled = [[float("nan") if value is None else value for value in row] for row in cells]
    across, down = ([position - 0.5 for position in range(count + 1)] for count in (len(cells[0]), len(cells)))
    ax.pcolormesh(across, down, filled, cmap="Blues", vmin=0, vmax=top, edgecolors="white", linewidth=1)
    ax.invert_yaxis()
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    for y, row in enumerate(cells):
        for x, value in enumerate(row):
            if value is not None:
                ax.text(
                    x,
                    y,
                    format_value(value),
                    ha="center",
                    va="center",
                    fontsize=size,
                    color="white" if value > 0.6 * top else INK,
                )


def value_axis(ax: Axes, format_value: Format) -> None:
    """A vertical axis with few grid lines and short labels."""
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_value(value)))
    ax.grid(axis="y", color=LINE)
    ax.spines[["left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def shorten(text: str, room: int) -> str:
    """At most `room` characters, with control characters escaped, and dollar signs, which would start a formula."""
    text = visible(text)
    cut = text if len(text) <= room else text[: room - 1].rstrip() + "…"
    return cut.replace("$", r"\$")


def wrap(text: str, room: int) -> str:
    """Lines of at most `room` characters."""
    return "\n".join(textwrap.wrap(text, room))


def svg(chart: Figure, *, key: str, title: str) -> str:
    """The chart as an element of a page: without prologue and metadata, with ids that are unique in the page."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        text = _saved(chart, fonttype="path")
    if any("missing from font" in str(warning.message) for warning in caught):
        # Names in Japanese, say: the reader's browser has a font for them.
        with warnings.catch_warnings(action="ignore"):
            text = _saved(chart, fonttype="none")
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{key}-', text)
    text = re.sub(r'href="#', f'href="#{key}-', text)
    text = text.replace("url(#", f"url(#{key}-")
    return text.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def _saved(chart: Figure, *, fonttype: str) -> str:
    out = io.StringIO()
    with mpl.rc_context({**STYLE, "svg.fonttype": fonttype}):
        FigureCanvasSVG(chart)
        chart.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def png(chart: Figure, path: Path, *, title: str) -> None:
    """Save the chart as a picture, with its title above it."""
    head = chart.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=12)
    out = io.BytesIO()
    with mpl.rc_context(STYLE), warnings.catch_warnings(action="ignore", category=UserWarning):
        FigureCanvasAgg(chart)
        chart.savefig(out, dpi=110, facecolor="white", metadata={"Software": None})
    with Image.open(out) as image:
        # The charts have a few dozen colors; a palette makes the file a third of the size.
        image.convert("RGB").quantize(COLORS).save(path, optimize=True)
    head.remove()
    chart._suptitle = None  # type: ignore[attr-defined] # noqa: SLF001 - matplotlib keeps room for a removed title
