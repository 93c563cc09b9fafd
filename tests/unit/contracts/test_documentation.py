"""docs/tables is what the contracts say, page for page."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.derive import docs

REPOSITORY = Path(docs.__file__).parents[2]
TABLES = REPOSITORY / docs.FOLDER


@pytest.mark.parametrize("path", docs.pages())
def test_a_page_is_up_to_date(path: str) -> None:
    file = TABLES / path
    text = file.read_text(encoding="utf-8") if file.exists() else None

    assert text == docs.pages()[path], f"{docs.FOLDER / path} is stale; run `{docs.COMMAND}` and commit what it writes"


def test_no_page_outlives_its_table() -> None:
    pages = {file.relative_to(TABLES).as_posix() for file in TABLES.rglob("*.md")}

    assert pages == set(docs.pages()), f"pages of tables that are gone; run `{docs.COMMAND}`"


def test_every_link_of_the_index_leads_to_a_page() -> None:
    for path in docs.pages():
        if path != "README.md":
            assert f"]({path})" in docs.pages()["README.md"]


def test_write_updates_stale_pages_removes_old_ones_and_then_changes_nothing(tmp_path: Path) -> None:
    # GIVEN a stale page and the page of a table that is gone
    (tmp_path / "curated").mkdir()
    (tmp_path / "curated" / "sales_daily.md").write_text("stale", encoding="utf-8")
    (tmp_path / "curated" / "gone.md").write_text("gone", encoding="utf-8")
    # WHEN
    first, second = docs.write(tmp_path), docs.write(tmp_path)
    # THEN
    assert tmp_path / "curated" / "gone.md" in first
    assert not (tmp_path / "curated" / "gone.md").exists()
    assert (tmp_path / "curated" / "sales_daily.md").read_text(encoding="utf-8") == docs.pages()["curated/sales_daily.md"]
    assert second == []


def test_outside_the_repository_the_error_names_where_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert docs.main() == 1
    assert capsys.readouterr().err == (
        f"{tmp_path}: has no contracts folder; run `{docs.COMMAND}` in the root of the repository.\n"
    )


def test_what_markdown_would_eat_is_escaped() -> None:
    assert "band_order" in docs.pages()["curated/price_bands.md"]
    assert r"map\<" not in docs.pages()["processed/etl_runs.md"]  # types stand in code spans
