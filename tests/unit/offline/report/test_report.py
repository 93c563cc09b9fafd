"""The report page is self-contained, shows its input as text, and is the same each time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from offline.cli.app import app
from offline.lake.local_lake import LocalLake
from tests.support.lazy import lazy
from tests.unit.offline.report.conftest import CATEGORIES, DAYS, LEVELS, SALES, parsed

if TYPE_CHECKING:
    from tests.unit.offline.report.conftest import Put


shop_report = lazy("offline.report.shop_report")


def attributes(page: str, *names: str) -> Iterator[str]:
    for element in parsed(page).iter():
        for name, value in element.attrib.items():
            if name.rpartition("}")[2] in names:
                yield value


def test_the_page_loads_nothing_and_its_ids_are_unique(page: str) -> None:
    assert all(value.startswith("#") for value in attributes(page, "href", "src", "srcset", "data", "action"))
    assert not re.search(r"<script|<link|<iframe|<image|@import|url\(\s*['\"]?(?!#)", page)
    ids = list(attributes(page, "id"))
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in attributes(page, "href")} <= set(ids)


def test_sections_without_rows_are_omitted_and_listed(tiny: LocalLake, tmp_path: Path) -> None:
    files = shop_report.write_report(tiny, "tiny", tmp_path / "out")
    shown = {"revenue", "categories", "top-customers", "order-frequency", "rfm", "funnel", "engagement", "category-performance"}
    assert {picture.stem for picture in files.pictures} == shown
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in files.pictures)
    assert set(files.omitted) == {title for key, (title, _) in shop_report.SECTIONS.items() if key not in shown}
    assert f"Nothing to show for: {', '.join(files.omitted)}." in files.page.read_text(encoding="utf-8").replace("&#x27;", "'")


def test_hostile_and_foreign_names_are_shown_as_text(lake: LocalLake, put: Put, tmp_path: Path) -> None:
    names = ["<script>alert(1)</script>", "\x1b]0;title\x07\x1b[31mred", '"><img src=x onerror=alert(2)>', "$x_1$ {{7*7}}"]
    names.append("お茶")
    put("dim_date", [{"date": day} for day in DAYS])
    put("sales_daily", SALES)
    put(
        "category_performance",
        [CATEGORIES[0] | {"level": level, "category": name, "share_of_net": 0.2} for name in names for level in LEVELS],
    )
    # WHEN written, which warns of nothing (a warning is an error in tests)
    page = shop_report.write_report(lake, "tiny", tmp_path / "out").page.read_text(encoding="utf-8")
    # THEN
    text = "".join(parsed(page).itertext())
    for name in (names[0], "\\x1b]0;title\\x07\\x1b[31mred", *names[2:]):
        assert name in text, name
    assert not [element.tag for element in parsed(page).iter() if element.tag in ("script", "img")]
    charts = [element for element in parsed(page).iter() if element.tag.endswith("svg")]
    assert any("お茶" in "".join(chart.itertext()) for chart in charts)


@pytest.mark.full
def test_the_same_tables_produce_the_same_bytes(tiny: LocalLake, tmp_path: Path) -> None:
    first, second = (shop_report.write_report(tiny, "tiny", tmp_path / name).page.read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_source_without_tables_is_an_error(tiny: LocalLake) -> None:
    result = CliRunner().invoke(app, ["--lake", str(tiny.root), "report", "--source", "other"])
    assert result.exit_code == 2
    assert result.stderr == "other: no curated tables for this source; sources with tables: tiny.\n"
