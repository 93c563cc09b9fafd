"""Query results as tables, CSV and JSON."""

from __future__ import annotations

import io
import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from rich.console import Console

from offline.console import render

COLUMNS = [("name", "varchar"), ("amount", "decimal(18,4)"), ("day", "date"), ("parts", "map(varchar, bigint)")]
ROWS = [("Mug, blue", Decimal("0.1000"), date(2025, 1, 2), {"a": 1}), (None, None, None, None)]


def test_csv_quotes_fields_and_writes_null_as_an_empty_field():
    out = io.StringIO()
    render.write_csv(out, COLUMNS, ROWS)
    assert out.getvalue() == 'name,amount,day,parts\n"Mug, blue",0.1000,2025-01-02,"{""a"": 1}"\n,,,\n'


def test_json_keeps_every_digit_and_parses():
    out = io.StringIO()
    render.write_json(out, COLUMNS, ROWS)
    first, second = out.getvalue().splitlines()
    assert '"amount": 0.1000' in first
    assert json.loads(first) == {"name": "Mug, blue", "amount": 0.1, "day": "2025-01-02", "parts": {"a": 1}}
    assert json.loads(second) == dict.fromkeys(["name", "amount", "day", "parts"])


def test_csv_for_spreadsheets_has_no_formulas_and_no_control_characters():
    out = io.StringIO()
    columns = [("=name", "varchar"), ("amount", "decimal(18,4)"), ("parts", "map(varchar, bigint)")]
    rows = [
        ('=HYPERLINK("http://x")', Decimal("-1.50"), {"a": 1}),
        (" +1", -2, None),
        ("@x", 3, None),
        ("\t=1", 4, None),
        ("-\x1b[2J", 5, None),
        ("plain\nline", 6, None),
    ]
    render.write_csv(out, columns, rows, spreadsheet=True)
    assert out.getvalue() == (
        "'=name,amount,parts\n"
        '"\'=HYPERLINK(""http://x"")",-1.50,"{""a"": 1}"\n'
        "' +1,-2,\n"
        "'@x,3,\n"
        "\\t=1,4,\n"
        "'-\\x1b[2J,5,\n"
        '"plain\nline",6,\n'
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("write", [render.write_csv, render.write_json])
def test_a_terminal_gets_no_commands_from_csv_and_json_and_a_pipe_gets_every_byte(write):
    columns, rows = [("name", "varchar")], [("\x1b[31mred\x9b2J\u202e",)]
    shown, piped = Terminal(), io.StringIO()
    write(shown, columns, rows)
    write(piped, columns, rows)
    assert not {"\x1b", "\x9b", "\u202e"} & set(shown.getvalue())
    assert "[31mred" in shown.getvalue()
    assert "\x9b2J\u202e" in piped.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (float("nan"), '"nan"'),
        ([1, None, "é"], '[1, null, "é"]'),
        (datetime(2025, 1, 2, 3, 4, 5), '"2025-01-02 03:04:05"'),
        (Decimal("1E+3"), "1000"),
    ],
)
def test_values_without_a_json_type_become_strings(value, text):
    assert render.as_json(value) == text
    json.loads(text)


def test_control_characters_are_escaped():
    assert render.visible("\x1b[2Jred\tnaïve\u202e") == "\\x1b[2Jred\\tnaïve\\u202e"


def printed(columns, rows, *, width, terminal=True):
    out = io.StringIO()
    render.result(Console(file=out, width=width, force_terminal=terminal, color_system=None), columns, rows)
    return out.getvalue()


@pytest.mark.parametrize("width", [20, 200])
def test_column_names_are_shown_as_they_are(width):
    names = ["[/]", "[red]", "\x1b[2J", "d", "e"]
    text = printed([(name, "varchar") for name in names], [("[/bold]", "\x1b", "[x]", "aaaaaaaaaa", "bbbbbbbbbb")], width=width)
    for shown in ("[/]", "[red]", "\\x1b[2J", "[/bold]", "[x]"):
        assert shown in text
    assert "\x1b[2J" not in text


def test_piped_output_is_never_wrapped():
    assert printed([("n", "bigint")], [(1,)], width=80, terminal=False).splitlines()[-2:] == ["1", "1 row"]


def test_a_result_wider_than_the_terminal_is_shown_row_by_row():
    columns = [(f"column_{number}", "varchar") for number in range(6)]
    wide, narrow = (printed(columns, [tuple("abcdef")], width=width) for width in (200, 40))
    assert "column_0  column_1" in wide
    assert "column_5  f" in narrow


def test_a_long_result_is_truncated_with_a_note():
    text = printed([("n", "bigint")], [(n,) for n in range(1000)], width=80)
    assert "1,000 rows; showing the first 100, --csv and --json print all" in text
