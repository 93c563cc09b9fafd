"""Names of rows stay on the picture, whatever they are made of."""

from __future__ import annotations

import warnings

import pytest

from tests.support.lazy import lazy

charts = lazy("offline.report.rendering.charts")
FigureCanvasAgg = lazy("matplotlib.backends.backend_agg", "FigureCanvasAgg")

WIDE = "WOODEN HEART CHRISTMAS SCANDINAVIAN DECORATION"


@pytest.mark.parametrize(
    ("name", "room", "lines"),
    [
        ((WIDE, f"+ {WIDE}"), 28, ["WOODEN HEART CHRISTMAS SCAN…", "+ WOODEN HEART CHRISTMAS SC…"]),
        ("mug\nwith a line break", 30, [r"mug\nwith a line break"]),
        (WIDE, 30, ["WOODEN HEART CHRISTMAS SCANDI…"]),
    ],
)
def test_names_are_cut_line_by_line_and_fit_beside_their_bars(name: charts.Name, room: int, lines: list[str]) -> None:
    # GIVEN
    chart, (ax,) = charts.figure(4)
    charts.bars(ax, [name, "pan"], [3, 2], str, room=room)
    # WHEN
    with warnings.catch_warnings(action="error"):
        canvas = FigureCanvasAgg(chart)
        canvas.draw()
    # THEN
    first = ax.get_yticklabels()[0]
    assert first.get_text().splitlines() == lines
    assert first.get_window_extent(canvas.get_renderer()).x0 >= 0
    assert ax.get_window_extent().width > chart.bbox.width / 4
