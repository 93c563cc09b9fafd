"""A source folder that is wrong says what, where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.errors import LakeError
from glue_jobs.lib.source_definition.source_loader import load_source

GOOD = """\
title: A kiosk
files:
  sales:
    glob: ["*.csv"]
    records: order_items
    columns:
      nr: {}
      each: {type: "decimal(18,4)"}
"""


def kiosk(folder: Path, text: str) -> Path:
    (folder / "kiosk").mkdir()
    (folder / "kiosk" / "source.yaml").write_text(text)
    (folder / "kiosk" / "order_items.sql").write_text("select _record from raw_sales")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("title:", "titel:", "kiosk/source.yaml: titel is not a known key; did you mean title?"),
        ("records:", "record:", "kiosk/source.yaml: files.sales.record is not a known key; did you mean records?"),
        (
            '    glob: ["*.csv"]\n',
            "",
            'kiosk/source.yaml: files.sales.glob is missing; write the pattern of its file names, such as "*.csv".',
        ),
        ("decimal(18,4)", "money", "files.sales.columns.each.type is 'money'; use one of: bigint, boolean, "),
        ("    records:", "    format: orc\n    records:", "files.sales.format is 'orc'; use one of: avro, csv, json, jsonl,"),
        ("    records:", "    sheet: May\n    records:", "files.sales.sheet has no meaning in files of csv; remove it."),
        ("    records:", "    load: sometimes\n    records:", "files.sales.load is 'sometimes'; use one of: append, snapshot."),
        (
            "order_items",
            "order_lines",
            "files.sales.records is order_lines, but kiosk/order_lines.sql does not exist; write it or fix the name.",
        ),
        ("title: A kiosk", "title: A kiosk\nderive: [sums]", "kiosk/source.yaml: derive is 'sums'; use one of: "),
        ("title: A kiosk", "title: [", "kiosk/source.yaml, line 3: not valid YAML"),
        ("title: A kiosk", "title: A kiosk\ntitle: B", "not valid YAML (the key title is written twice); fix that line."),
        ("title: A kiosk", "title: 7", "kiosk/source.yaml: title is 7, but must be text; put it in quotes."),
        (
            "title: A kiosk",
            "title: A kiosk\ncomplete_history: sure",
            "kiosk/source.yaml: complete_history is 'sure', but must be true or false; write one of them.",
        ),
        ("  sales:\n", "  - sales:\n", "kiosk/source.yaml: files is ["),
        ('["*.csv"]', "[7]", "files.sales.glob[0] is 7, but must be text; put it in quotes."),
        ("      nr: {}", "      no: {}", "files.sales.columns.False is read as False, but must be text; put the name in quotes."),
        ("      nr: {}", "      nr: {optional: 1}", "columns.nr.optional is 1, but must be true or false; write one of them."),
        ("    records:", "    newest: {of: nr, by: nrr}\n    records:", "files.sales.newest.by is 'nrr'; did you mean nr?"),
        (
            "      nr: {}",
            '      nr: {type: date, formats: ["d/M/yyyy", "yyyy", "M/d/yyyy"]}',
            "columns.nr.formats has 'd/M/yyyy' and 'M/d/yyyy', which read 3/4 as different days; declare a kind for each.",
        ),
        (
            "      nr: {}",
            "\n".join(f"      c{number}: {{}}" for number in range(1_000)),
            "files.sales.columns has 1,001 columns, more than 1,000; declare those that the SELECTs read; a file may have more.",
        ),
        ("    records:", "    leave_out: [{rule: x}]\n    records:", "files.sales.leave_out[x].where is missing; write the"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    folder = kiosk(tmp_path, GOOD.replace(old, new))
    with pytest.raises(LakeError) as refusal:
        load_source(folder, "kiosk")
    assert sentence in str(refusal.value)


def test_data_begin_after_the_shop_unless_the_source_states_otherwise(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("later", "whole")]
    for folder, text in zip(folders, (GOOD, f"{GOOD}complete_history: true\n"), strict=True):
        folder.mkdir()
        kiosk(folder, text)
    assert [load_source(folder, "kiosk").complete_history for folder in folders] == [False, True]


def test_an_unknown_source_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"kiosc: there is no such source; did you mean kiosk\?"):
        load_source(kiosk(tmp_path, GOOD), "kiosc")


def test_a_file_goes_to_the_one_kind_that_takes_its_name(tmp_path: Path) -> None:
    source = load_source(kiosk(tmp_path, GOOD), "kiosk")
    assert source.kind_of("july.csv").name == "sales"
    assert source.kind_of("july.csv.gz").name == "sales"
    with pytest.raises(LakeError, match=r"july.xlsx: fits no kind of file of kiosk \(sales: \*.csv\)"):
        source.kind_of("july.xlsx")


def test_the_fingerprint_follows_sql_yaml_and_contracts(tmp_path: Path) -> None:
    folder = kiosk(tmp_path, GOOD)
    before = load_source(folder, "kiosk").fingerprint("month")
    assert load_source(folder, "kiosk").fingerprint("month") == before
    assert load_source(folder, "kiosk").fingerprint("day") != before
    (folder / "kiosk" / "order_items.sql").write_text("select _record, nr from raw_sales")
    assert load_source(folder, "kiosk").fingerprint("month") != before
