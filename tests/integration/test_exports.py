"""Exports as shops write them: many layouts, each a file kind of one source, loaded in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession

from glue_jobs.lib.conform import parsing
from glue_jobs.lib.conform.conform_source import ConformResult
from tests.support.shops import Shop

pytestmark = pytest.mark.usefixtures("interpreted")

COLUMNS = {
    "order_id": {},
    "line": {},
    "qty": {"type": "int"},
    "price": {"type": "decimal(18,4)"},
    "ts": {"type": "timestamp", "formats": ["yyyy-MM-dd HH:mm:ss"]},
}
NOTE = {**COLUMNS, "note": {"optional": True}}
HEADER = "order_id,line,qty,price,ts"
TIME = "2024-05-01 10:00:00"
SELECT = """
select _record, concat('{kind}/', order_id, '/', line) as order_item_id, order_id, 'sale' as line_type, 'product' as item_kind,
  'A1' as product_id, {note} as product_name, qty as quantity, price as unit_price, cast(qty * price as decimal(18, 4)) as amount,
  'EUR' as currency, cast(null as string) as customer_id, cast(null as string) as country, cast(null as string) as session_id,
  ts as ordered_at, cast(ts_local as date) as order_date
from raw_{kind}
"""


@dataclass(frozen=True)
class Layout:
    """A file as text or bytes, how its kind is declared, and what must come of it.

    `rows` has the order, quantity and note of each loaded line; `read` and `filtered` are the account; `rejected` has the line
    number, rule and text of each row in quarantine.
    """

    text: str | bytes
    rows: list[tuple[str, int, str | None]]
    read: int
    filtered: Mapping[str, int] | None = None
    rejected: tuple[tuple[int, str, str], ...] = ()
    declared: Mapping[str, Any] | None = None

    @property
    def columns(self) -> Mapping[str, Any]:
        return (self.declared or {}).get("columns", COLUMNS)


def line(order: str, rest: str = "") -> str:
    return f"{order},1,2,9.90,{TIME}{rest}"


def item(order: str, **more: str) -> str:
    fields = {"order_id": order, "line": "1", "qty": "2", "price": "9.90", "ts": TIME, **more}
    return "{" + ", ".join(f'"{name}": "{value}"' for name, value in fields.items()) + "}"


# 25,000 columns that the source does not declare, and a record that has one too few before those that it does.
BEFORE, AFTER = "".join(f"a{i}," for i in range(9_000)), "".join(f",b{i}" for i in range(16_000))
MISFIT = f"{',' * 8_999}{line('3')},d{',y' * 16_002}"

LAYOUTS = {
    # Records that span lines
    "note_last": Layout(
        f'{HEADER},note\n{line("1")},"ring twice\nthen, leave,it,at,the,door"\n{line("2")},fine\n',
        [("1", 2, "ring twice\nthen, leave,it,at,the,door"), ("2", 2, "fine")],
        read=2,
        declared={"columns": NOTE},
    ),
    "lookalike": Layout(
        f'{HEADER},note\r\n{line("1")},"please merge with\r\n{line("777")},thanks"\r\n{line("2")},"a ""b""\r\n\r\n"\r\n',
        [("1", 2, f"please merge with\n{line('777')},thanks"), ("2", 2, 'a "b"\n\n')],
        read=2,
        declared={"columns": NOTE},
    ),
    "stray_quote": Layout(
        f'order_id,line,qty,price,ts,size,note\n{line("1")},5" pan,"two\nlines"\n{line("2")},"5"" pan",x\n',
        [("1", 2, "two\nlines"), ("2", 2, "x")],
        read=2,
        declared={"columns": NOTE},
    ),
    "never_closed": Layout(
        f'{HEADER},note\n{line("1")},ok\n{line("2")},"never closed\n{line("3")},x\n',
        [("1", 2, "ok")],
        read=2,
        rejected=((3, "malformed_record", f'{line("2")},"never closed\n{line("3")},x'),),
        declared={"columns": NOTE},
    ),
    "lost_quote": Layout(
        f'{HEADER},note\n{line("1")},"lost quote\n{line("2")},"x"\n{line("3")},ok\n',
        [("3", 2, "ok")],
        read=2,
        rejected=((2, "malformed_record", f'{line("1")},"lost quote\n{line("2")},"x"'),),
        declared={"columns": NOTE},
    ),
    # Byte order marks and encodings
    "bom_twice": Layout(
        f"\ufeff{HEADER}\n{line('1')}\n\ufeff{HEADER}\n{line('2')}\n", [("1", 2, None), ("2", 2, None)], 3, {"repeated_header": 1}
    ),
    "utf16le": Layout(
        ("\ufeff" + f"{HEADER}\r\n{line('1')}\r\n{line('2')}\r\n").encode("utf-16-le"), [("1", 2, None), ("2", 2, None)], 2
    ),
    "utf16be": Layout(
        ("\ufeff" + f"{HEADER},note\n{line('1')},Größe ☕\n").encode("utf-16-be"),
        [("1", 2, "Größe ☕")],
        1,
        declared={"columns": NOTE},
    ),
    "cp1252": Layout(
        f"{HEADER},größe,note\n{line('1')},x,Größe\n".encode("cp1252"),
        [("1", 2, "Größe")],
        1,
        declared={"columns": NOTE, "encodings": ["windows-1252"]},
    ),
    "latin2": Layout(
        f"{HEADER},note\n{line('1')},źle\n".encode("iso-8859-2"),
        [("1", 2, "źle")],
        1,
        declared={"columns": NOTE, "encodings": ["latin-2"]},
    ),
    "japanese": Layout(
        f"{HEADER},note\n{line('1')},表示\n".encode("shift_jis"),
        [("1", 2, "表示")],
        1,
        declared={"columns": NOTE, "encodings": ["shift_jis"]},
    ),
    # Headers and preambles
    "joined": Layout(
        f'{HEADER}\n{line("1")}\n"Order_ID", "LINE","qty","price","ts"\n{line("2")}\n',
        [("1", 2, None), ("2", 2, None)],
        3,
        {"repeated_header": 1},
    ),
    "preamble": Layout(f"sep=,\n# All orders\n\n{HEADER}\n{line('1')}\n", [("1", 2, None)], 4, {"preamble": 2, "blank_line": 1}),
    # Dialects
    "bars": Layout(
        f"{HEADER},note\n{line('1')},a|b\n".replace(",", "||"),
        [("1", 2, "a|b")],
        1,
        declared={"columns": NOTE, "delimiter": "||"},
    ),
    "unquoted": Layout(
        f'{HEADER},note\n{line("1")},"Half\n{line("2")},5" wide\n'.replace(",", "\t"),
        [("1", 2, '"Half'), ("2", 2, '5" wide')],
        2,
        declared={"columns": NOTE, "delimiter": "\t", "quote": ""},
    ),
    "bars_unquoted": Layout(
        f'{HEADER},note\n{line("1")},"Half\n{line("2")},5" | wide\n'.replace(",", "||"),
        [("1", 2, '"Half'), ("2", 2, '5" | wide')],
        2,
        declared={"columns": NOTE, "delimiter": "||", "quote": ""},
    ),
    "ragged": Layout(
        f"{HEADER},coupon,note\n{line('1')},,\n{line('2')}\n{line('3')},X\n{line('4')},X,y,,\n1,1,2,9.90\n{line('5')},X,y,z\n",
        [("1", 2, None), ("2", 2, None), ("3", 2, None), ("4", 2, "y")],
        6,
        rejected=((6, "malformed_record", "1,1,2,9.90"), (7, "malformed_record", f"{line('5')},X,y,z")),
        declared={"columns": NOTE},
    ),
    "zero_byte": Layout(
        f"{HEADER},note\n{line('1')},fine\n{line('2')},M\0ug\n",
        [("1", 2, "fine")],
        2,
        rejected=((3, "zero_byte", f"{line('2')},M\0ug"),),
        declared={"columns": NOTE},
    ),
    "dotted": Layout(
        f"{HEADER},note.text\n{line('1')},x\n", [("1", 2, "x")], 1, declared={"columns": {**COLUMNS, "note.text": {}}}
    ),
    "null_words": Layout(
        f"{HEADER},note\n"
        + "".join(f"{line(str(n))},{word}\n" for n, word in enumerate(["NULL", r"\N", "nan", "#N/A", "-", " ", "No"])),
        [*[(str(number), 2, None) for number in range(6)], ("6", 2, "No")],
        7,
        declared={"columns": NOTE},
    ),
    "own_nulls": Layout(
        f"{HEADER},note\n{line('1')},NULL\n{line('2')},(none)\n",
        [("1", 2, "NULL"), ("2", 2, None)],
        2,
        declared={"columns": NOTE, "nulls": ["(none)"]},
    ),
    "thousands_of_columns": Layout(
        f"{BEFORE}{HEADER},note{AFTER}\n"
        + '"x,",' * 9_000
        + f'{line("1")},"a,b"{",y" * 16_000}\n{"," * 9_000}{line("2")},c\n{MISFIT}\n',
        [("1", 2, "a,b"), ("2", 2, "c")],
        3,
        rejected=((4, "malformed_record", MISFIT),),
        declared={"columns": NOTE},
    ),
    # JSON
    "json_lines": Layout(f"{item('1')}\n{item('2')}\n", [("1", 2, None), ("2", 2, None)], 2, declared={"format": "json"}),
    "json_array": Layout(
        f"[{item('1')},\n{item('2', note='}{ ][')}]", [("1", 2, None), ("2", 2, None)], 2, declared={"format": "jsonl"}
    ),
    "json_arrays": Layout(
        f"[{item('1')}] [{item('2')}],\n[{item('3')}]", [(n, 2, None) for n in "123"], 3, declared={"format": "json"}
    ),
    "json_object": Layout(item("1").replace(", ", ",\n"), [("1", 2, None)], 1, declared={"format": "jsonl"}),
    "firehose": Layout(
        item("1") + item("2", note="a}{b") + item("3"), [(n, 2, None) for n in "123"], 3, declared={"format": "jsonl"}
    ),
    "json_oddities": Layout(
        f"{item('1')},\n{item('2')}{item('3')}\n{item('4')}, {item('5')}\n// comment\n{item('6')} rest\n{item('7')[:-1]}\n",
        [(n, 2, None) for n in "12345"],
        8,
        rejected=(
            (6, "malformed_record", "// comment"),
            (7, "malformed_record", f"{item('6')} rest"),
            (8, "malformed_record", item("7")[:-1]),
        ),
        declared={"format": "jsonl"},
    ),
    "json_zero_byte": Layout(
        "\n".join([item("1", note=r"M\\u0000ug"), item("2", note=r"M\u0000ug"), item("3", other=r"\u0000"), item("4")]) + "\n",
        [("1", 2, r"M\u0000ug"), ("4", 2, None)],
        4,
        rejected=(
            (2, "zero_byte", item("2", note=r"M\u0000ug")),
            (3, "zero_byte", item("3", other=r"\u0000")),
        ),
        declared={"columns": NOTE, "format": "jsonl"},
    ),
    "json_cut_off": Layout(
        f"[{item('1')},", [], 1, rejected=((1, "malformed_record", f"[{item('1')},"),), declared={"format": "json"}
    ),
}


FEW = ("lookalike", "bom_twice", "json_oddities", "json_zero_byte", "bars_unquoted")


def note(layout: Layout) -> str:
    names = [name for name in layout.columns if name.startswith("note")]
    return f"`{names[0]}`" if names else "cast(null as string)"


@dataclass(frozen=True)
class Loaded:
    layouts: Mapping[str, Layout]
    shop: Shop
    result: ConformResult

    def account(self, kind: str) -> tuple[int, Mapping[str, int]]:
        account = next(one for one in self.result.accounts if one.table == f"raw_{kind}")
        return account.read, account.filtered_by_rule


@pytest.fixture(scope="module", params=["few", *(pytest.param(name, marks=pytest.mark.full) for name in ("all", "as_wide"))])
def loaded(
    request: pytest.FixtureRequest, spark: SparkSession, lake_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Loaded:
    layouts = {name: LAYOUTS[name] for name in FEW} if request.param == "few" else LAYOUTS
    sources = tmp_path_factory.mktemp("sources")
    files = {
        kind: {"glob": [f"{kind}.*"], "records": "order_items", "columns": COLUMNS, **(layout.declared or {})}
        for kind, layout in layouts.items()
    }
    (sources / "t").mkdir(parents=True)
    (sources / "t" / "source.yaml").write_text(yaml.safe_dump({"title": "layouts", "files": files}))
    selects = [SELECT.format(kind=kind, note=note(layout)) for kind, layout in layouts.items()]
    (sources / "t" / "order_items.sql").write_text("union all".join(selects))
    shop = Shop(spark, lake_root, "layouts", sources=sources)
    for kind, layout in layouts.items():
        shop.put("t", kind, f"{kind}.txt", layout.text if isinstance(layout.text, bytes) else layout.text.encode())
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "as_wide":  # as if each file had thousands of columns
            patch.setattr(parsing, "WIDE", 0)
        result = shop.conform("t")
    return Loaded(layouts, shop, result)


def test_every_layout_loads_its_records_and_no_others(loaded: Loaded) -> None:
    rows = loaded.shop.rows("order_items", "order_item_id", "quantity", "product_name")
    expected = [(f"{kind}/{order}/1", *rest) for kind, layout in loaded.layouts.items() for order, *rest in layout.rows]
    assert rows == sorted(expected, key=repr)


def test_every_record_is_in_the_account(loaded: Loaded) -> None:
    expected = {kind: (layout.read, layout.filtered or {}) for kind, layout in loaded.layouts.items()}
    assert {kind: loaded.account(kind) for kind in loaded.layouts} == expected


def test_what_is_rejected_is_in_quarantine_with_its_line_reason_and_whole_text(loaded: Loaded) -> None:
    rows = loaded.shop.rows("quarantine", "file_kind", "line_number", "rules", "raw_text")
    expected = [(kind, number, [rule], text) for kind, layout in loaded.layouts.items() for number, rule, text in layout.rejected]
    assert rows == sorted(expected, key=repr)
