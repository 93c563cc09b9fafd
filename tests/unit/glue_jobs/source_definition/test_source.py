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
        ("title:", "titel:", "kiosk/source.yaml: unknown key titel; did you mean title?"),
        ("records:", "record:", "kiosk/source.yaml: files.sales: unknown key record; did you mean records?"),
        ('    glob: ["*.csv"]\n', "", "kiosk/source.yaml: files.sales: lacks the key glob; add it."),
        ("decimal(18,4)", "money", "files.sales.columns.each.type: 'money' is not known"),
        ("    records:", "    format: xlsx\n    records:", "'xlsx' is not known; choose one of csv, jsonl, json."),
        ("    records:", "    load: sometimes\n    records:", "'sometimes' is not known; choose one of append, snapshot."),
        ("order_items", "order_lines", "records: order_lines needs kiosk/order_lines.sql, which is not there"),
        ("title: A kiosk", "title: A kiosk\nderive: [sums]", "kiosk/source.yaml: derive: 'sums' is not known"),
        ("title: A kiosk", "title: [", "kiosk/source.yaml: not valid YAML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    folder = kiosk(tmp_path, GOOD.replace(old, new))
    with pytest.raises(LakeError) as told:
        load_source(folder, "kiosk")
    assert sentence in str(told.value)


def test_an_unknown_source_is_told_its_neighbor(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match=r"kiosc: there is no such source; did you mean kiosk\?"):
        load_source(kiosk(tmp_path, GOOD), "kiosc")


def test_a_file_goes_to_the_one_kind_that_takes_its_name(tmp_path: Path) -> None:
    source = load_source(kiosk(tmp_path, GOOD), "kiosk")
    assert source.kind_of("july.csv").name == "sales"
    assert source.kind_of("july.csv.gz").name == "sales"
    with pytest.raises(LakeError, match=r"july.xlsx: fits no kind of file of kiosk \(sales: \*.csv\)"):
        source.kind_of("july.xlsx")


def test_the_fingerprint_follows_sql_yaml_and_promises(tmp_path: Path) -> None:
    folder = kiosk(tmp_path, GOOD)
    before = load_source(folder, "kiosk").fingerprint("month")
    assert load_source(folder, "kiosk").fingerprint("month") == before
    assert load_source(folder, "kiosk").fingerprint("day") != before
    (folder / "kiosk" / "order_items.sql").write_text("select _record, nr from raw_sales")
    assert load_source(folder, "kiosk").fingerprint("month") != before
