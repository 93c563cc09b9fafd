"""A source folder is written from a template, with the settings that a shop states."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glue_jobs.lib.source_definition.source_loader import load_source, read_source
from offline.cli.app import app
from offline.lake.file_validation import validate_file
from offline.source_draft.docs import PAGE, text
from offline.source_draft.from_template import SETTING, TEMPLATES, from_template, page, samples, template_names

SETTINGS = ["--timezone", "America/New_York", "--currency", "USD"]


def new(folder: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["source", "new", "tea", *arguments, "--to", str(folder)])
    return done.exit_code, done.output.strip()


def test_settings_are_written_into_the_folder(tmp_path: Path) -> None:
    code, output = new(tmp_path, "--template", "shopify_orders", *SETTINGS)
    assert code == 0, output
    source, problems = read_source(tmp_path / "tea", "tea")
    assert problems == []
    assert source is not None
    assert source.timezone == "America/New_York"
    assert source.kinds["orders"].leave_out[0].where == "order_currency <> 'USD'"
    assert not [path for path in (tmp_path / "tea").iterdir() if SETTING.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--template", "shopify"], r"--template shopify: there is no such template; did you mean shopify_orders\?"),
        (["--template", "shopify_orders", "--currency", "EUR"], r"--timezone is missing; .*time zone, such as Europe/Berlin\."),
        (["--template", "shopify_orders", "--timezone", "UTC"], r"--currency is missing; .*currency, such as EUR\."),
        (["--template", "shopify_orders", "--timezone", "UTC", "--currency", "euro"], r"--currency euro: is not a currency; .*"),
        (
            ["--template", "shopify_orders", "--timezone", "Berlin", "--currency", "EUR"],
            r"--timezone Berlin: is not a time zone; .*",
        ),
        ([], r"source new tea: name sample files or a --template, one of both\."),
        (["a.csv", "--template", "shopify_orders"], r"source new tea: name sample files or a --template, one of both\."),
        (["a.csv", "--currency", "EUR"], r"--currency: is for templates; .*"),
    ],
)
def test_what_is_missing_or_wrong_is_one_sentence_and_nothing_is_written(
    arguments: list[str], sentence: str, tmp_path: Path
) -> None:
    code, output = new(tmp_path / "sources", *arguments)
    assert re.fullmatch(sentence, output), output
    assert code != 0
    assert not (tmp_path / "sources").exists()


def test_templates_are_listed_with_the_export_that_they_load() -> None:
    output = CliRunner().invoke(app, ["source", "templates"]).output
    assert [line.split()[0] for line in output.splitlines()] == template_names()
    assert "Shopify orders" in output


@pytest.mark.parametrize("template", template_names())
def test_each_template_has_a_small_sample_and_a_page_that_says_what_it_cannot_do(template: str) -> None:
    assert 0 < sum(len(file.read_bytes()) for file in samples(template)) <= 4_000
    assert re.findall(r"^\*\*([\w ]+)\.?\*\*", page(template), re.MULTILINE) == [
        "Export",
        "Layout",
        "Filtered and counted",
        "Cannot do",
    ]


@pytest.mark.parametrize("template", template_names())
def test_samples_land_without_a_word_but_on_columns_that_are_not_loaded(template: str, tmp_path: Path) -> None:
    from_template(tmp_path / "tea", template, timezone="UTC", currency="EUR" if "{{currency}}" in whole(template) else None)
    source = load_source(tmp_path, "tea")
    for file in samples(template):
        assert isinstance(file, Path)
        validated = validate_file(source, file, kind=None, day=date(2025, 4, 1), progress=lambda _: None)
        assert all("will not be loaded" in note for note in validated.notes)


def whole(template: str) -> str:
    return (TEMPLATES / template / "source.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("template", ["ga4_bigquery", "segment_track"])
def test_a_currency_is_refused_where_no_money_is_loaded(template: str, tmp_path: Path) -> None:
    code, output = new(tmp_path / "sources", "--template", template, *SETTINGS)
    assert code != 0
    assert output == f"--currency USD: {template} loads no money, so it has no currency; leave the option out."
    assert not (tmp_path / "sources").exists()


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "docs/source-templates.md: run `make docs` and commit docs/"
