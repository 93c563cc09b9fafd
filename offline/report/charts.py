"""Pictures in one style: no more ink than the figures need, colors that everybody can tell apart (Okabe & Ito 2008)."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, PINK, SKY, YELLOW = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"
INK, SOFT, LINE = "#1b2330", "#5a6675", "#dde2e8"
WIDTH, ROW = 6.0, 0.34
COLORS = 64
STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
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
Words = Callable[[float], str]


def figure(rows: float = 11, *, columns: int = 1, width: float = WIDTH) -> tuple[Figure, list[Axes]]:
    """A figure as high as `rows` lines of text, with one or more axes beside each other."""
    with mpl.rc_context(STYLE):
        made = Figure(figsize=(width, max(2.2, rows * ROW + 0.5)))
        axes = made.subplots(1, columns, squeeze=False)
    return made, list(axes[0])


def bars(ax: Axes, names: Sequence[str], values: Sequence[float], words: Words, *, color: str = BLUE, room: int = 30) -> None:
    """Lying bars, the first on top, each with its figure at its end; no axis is needed then."""
    shown = [shorten(name, room) for name in names]
    places = range(len(names))
    ax.barh(places, values, color=color, height=0.72)
    ax.set_yticks(places, shown)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_visible(False)
    ax.spines[["bottom"]].set_visible(False)
    low, high = min([*values, 0]), max([*values, 0])
    span = (high - low) or 1
    ax.set_xlim(low - (0.28 * span if low < 0 else 0), high + 0.28 * span)
    for place, value in zip(places, values, strict=True):
        side = "left" if value >= 0 else "right"
        ax.text(value + (0.012 if value >= 0 else -0.012) * span, place, words(value), va="center", ha=side, fontsize=10)


def columns(ax: Axes, names: Sequence[str], values: Sequence[float], words: Words, *, color: str = BLUE, what: str = "") -> None:
    """Standing bars over named places, each with its figure on top."""
    ax.bar(range(len(names)), values, color=color, width=0.75)
    ax.set_xticks(range(len(names)), list(names))
    ax.tick_params(axis="x", length=0)
    ax.yaxis.set_visible(False)
    ax.spines[["left"]].set_visible(False)
    ax.set_xlabel(what)
    ax.set_ylim(0, (max(values, default=0) or 1) * 1.12)
    for place, value in enumerate(values):
        ax.text(place, value, words(value), ha="center", va="bottom", fontsize=9)


def heat(
    ax: Axes, cells: Sequence[Sequence[float | None]], words: Words, *, highest: float | None = None, size: float = 9
) -> None:
    """A grid of colored cells with their figures; None stays blank."""
    known = [value for row in cells for value in row if value is not None]
    top = highest or max(known, default=1) or 1
    filled = [[float("nan") if value is None else value for value in row] for row in cells]
    across, down = ([place - 0.5 for place in range(count + 1)] for count in (len(cells[0]), len(cells)))
    ax.pcolormesh(across, down, filled, cmap="Blues", vmin=0, vmax=top, edgecolors="white", linewidth=1)
    ax.invert_yaxis()
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    for y, row in enumerate(cells):
        for x, value in enumerate(row):
            if value is not None:
                ax.text(x, y, words(value), ha="center", va="center", fontsize=size, color="white" if value > 0.6 * top else INK)


def value_axis(ax: Axes, words: Words, *, what: str = "") -> None:
    """Few lines across, labeled as people read numbers."""
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words(value)))
    ax.grid(axis="y", color=LINE)
    ax.spines[["left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    ax.set_ylabel(what)


def shorten(text: str, room: int) -> str:
    """At most `room` characters, and no dollar sign that would begin mathematics."""
    cut = text if len(text) <= room else text[: room - 1].rstrip() + "…"
    return cut.replace("$", r"\$")


def wrap(text: str, room: int) -> str:
    """Lines of at most `room` characters."""
    return "\n".join(textwrap.wrap(text, room))


def svg(made: Figure, *, key: str, title: str) -> str:
    """The figure as an element of a page: no prologue, no metadata, and ids that no other figure of the page has."""
    out = io.StringIO()
    with mpl.rc_context(STYLE):
        FigureCanvasSVG(made)
        made.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{key}-', text)
    text = re.sub(r'href="#', f'href="#{key}-', text)
    text = text.replace("url(#", f"url(#{key}-")
    return text.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def png(made: Figure, path: Path, *, title: str) -> None:
    """The figure as a picture of its own, so with its title above it."""
    head = made.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=12)
    out = io.BytesIO()
    with mpl.rc_context(STYLE):
        FigureCanvasAgg(made)
        made.savefig(out, dpi=110, facecolor="white", metadata={"Software": None})
    with Image.open(out) as drawn:
        # A few dozen colors are all there is; this makes a third of the size.
        drawn.convert("RGB").quantize(COLORS).save(path, optimize=True)
    head.remove()
    made._suptitle = None  # type: ignore[attr-defined] # noqa: SLF001 - matplotlib keeps the place of a title that was removed
