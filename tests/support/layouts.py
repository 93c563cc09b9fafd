"""Writes the same records in random layouts, with or without a fault, as exporters do."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

NAMES = ("order_id", "line", "qty", "price", "ts", "note")
TIME = "2024-05-01 10:00:00"
# The last two are only for layouts that can write them.
NOTES = ("plain", "Größe", 'a 5" pan', "C:\\dir", "O'Neil", "x, y; z | t", "two\nlines,1,2", 'a "b"\n\n"')
SPECIAL = 5
FAULTS = ("cut", "unclosed_quote", "zero_byte", "wrong_encoding", "wrong_delimiter", "extra_field", "delivered_again")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """The files of one kind, how the kind is declared, and what must come of them.

    `records` are those written, `harmed` of them may be missing because of the `fault`, and `others` lines are no records.
    """

    files: Mapping[str, bytes]
    declared: Mapping[str, Any]
    records: Sequence[Record]
    others: int
    fault: str | None = None
    harmed: int = 0
    choices: Mapping[str, Any] = field(default_factory=dict)


def records(random: Random, *, plain: bool) -> list[Record]:
    notes = NOTES[:SPECIAL] if plain else NOTES
    return [
        {"order_id": f"o{n}", "line": str(n), "qty": n + 1, "price": f"{n}.50", "ts": TIME, "note": random.choice(notes)}
        for n in range(random.randint(2, 6))
    ]


def write(random: Random, fault: str | None) -> Written:
    """One layout; `fault` is one of FAULTS or None."""
    if fault in (None, "cut", "delivered_again") and random.random() < 0.4:
        return _write_json(random, fault)
    return _write_csv(random, fault)


def _write_csv(random: Random, fault: str | None) -> Written:
    encoding = random.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "windows-1252"])
    encoding = {"wrong_encoding": "windows-1252", "zero_byte": "utf-8"}.get(fault or "", encoding)
    quoting = "all" if fault == "unclosed_quote" else random.choice(["all", "minimal", "none"])
    choices = {
        "encoding": encoding,
        "quoting": quoting,
        "delimiter": random.choice([",", ";", "\t", "|", "||"] if quoting != "minimal" else [",", ";", "\t", "|"]),
        "end": random.choice(["\n", "\r\n", "\r"]),
        "case": random.choice(["lower", "upper", "title"]),
        "preamble": random.choice([0, 0, 1, 3]),
        "repeats_header": random.random() < 0.3,
        "blank_lines": random.random() < 0.3,
        "final_end": random.random() < 0.7,
        "extra_column": random.random() < 0.3,
        "parts": 2 if fault is None and random.random() < 0.2 else 1,
        "compressed": random.random() < 0.2,
        "order": random.sample(NAMES, len(NAMES)),
    }
    rows = records(random, plain=quoting == "none")
    declared: dict[str, Any] = {"delimiter": choices["delimiter"], "quote": '"' if quoting != "none" else ""}
    if encoding == "windows-1252" and fault != "wrong_encoding":
        declared["encodings"] = ["utf-8", "windows-1252"]
    if fault == "wrong_delimiter":
        declared["delimiter"] = next(mark for mark in ",;\t|" if mark != choices["delimiter"][0])
    files, others = {}, 0
    half = len(rows) // 2
    for number, part in enumerate([rows] if choices["parts"] == 1 else [rows[:half], rows[half:]]):
        lines, extra = _csv_lines(random, part, choices)
        others += extra
        text = choices["end"].join(lines) + (choices["end"] if choices["final_end"] else "")
        files[f"{number}.csv"] = _spoiled(text, fault, choices).encode(encoding)
    harmed = {"cut": 1, "zero_byte": 1, "extra_field": 1}.get(fault or "", len(rows) if fault else 0)
    return _packed(Written(files, declared, rows, others, fault, harmed, choices))


def _csv_lines(random: Random, rows: Sequence[Record], choices: Mapping[str, Any]) -> tuple[list[str], int]:
    """The lines of a file and how many of them are no records, apart from the header."""
    order, extra = choices["order"], ["unknown"] if choices["extra_column"] else []
    header = _csv_line([getattr(name, choices["case"])() for name in [*order, *extra]], choices)
    preamble = ["Report of orders", "# created by a shop", ""][: choices["preamble"]]
    lines = [_csv_line([*[str(row[name]) for name in order], *("x" for _ in extra)], choices) for row in rows]
    between = ([header.upper()] if choices["repeats_header"] else []) + ([""] if choices["blank_lines"] else [])
    place = random.randint(1, len(lines) - 1)  # not at the end, where faults are
    return [*preamble, header, *lines[:place], *between, *lines[place:]], len(preamble) + len(between)


def _csv_line(cells: Sequence[str], choices: Mapping[str, Any]) -> str:
    if choices["quoting"] == "none":
        return str(choices["delimiter"]).join(cells)
    if choices["quoting"] == "all":
        return str(choices["delimiter"]).join('"' + cell.replace('"', '""') + '"' for cell in cells)
    text = io.StringIO()
    # The writer quotes line breaks only if lines end in them.
    csv.writer(text, delimiter=choices["delimiter"], lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n")


def _spoiled(text: str, fault: str | None, choices: Mapping[str, Any]) -> str:
    """The text with the fault, which harms the last record, or all after a place."""
    body = text.rstrip("\r\n")
    if fault == "cut":
        return str(body.rpartition(choices["delimiter"])[0])
    if fault == "unclosed_quote":
        return body[:-1] + choices["end"]
    if fault == "zero_byte":
        return body + "\0"
    if fault == "extra_field":
        return body + choices["delimiter"] + "surplus"
    return text


def _write_json(random: Random, fault: str | None) -> Written:
    rows = records(random, plain=False)
    choices = {
        "form": random.choice(["lines", "array", "arrays", "adjacent", "pretty", "trailing_commas"]),
        "declared": random.choice(["json", "jsonl"]),
        "encoding": random.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]),
        "compressed": random.random() < 0.2,
        "numbers": random.choice(["as numbers", "as strings"]),
        "order": random.sample(NAMES, len(NAMES)),
    }
    change = str if choices["numbers"] == "as strings" else lambda value: value
    shaped = [{name: change(row[name]) for name in choices["order"]} for row in rows]
    indent = 2 if choices["form"] == "pretty" else None
    values = [json.dumps(row, ensure_ascii=random.random() < 0.5, indent=indent) for row in shaped]
    half = max(len(values) // 2, 1)
    text = {
        "array": f"[{', '.join(values)}]",
        "arrays": f"[{','.join(values[:half])}]\n[{','.join(values[half:])}]",
        "adjacent": "".join(values),
        "trailing_commas": ",\n".join(values),
    }.get(choices["form"], "\n".join(values) + "\n")
    text = text.rstrip()[:-3] if fault == "cut" else text
    harmed = len(rows) if fault == "cut" else 0
    files = {"0.json": text.encode(choices["encoding"])}
    return _packed(Written(files, {"format": choices["declared"]}, rows, 0, fault, harmed, choices))


def _packed(written: Written) -> Written:
    """The files compressed if so chosen, and delivered again if that is the fault: once as they are, once in other bytes."""
    files = dict(written.files)
    if written.choices["compressed"]:
        files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in files.items()}
    if written.fault == "delivered_again":
        (content,) = written.files.values()
        files |= {"again.txt.gz": gzip.compress(content, mtime=1)}
    return Written(files, written.declared, written.records, written.others, written.fault, written.harmed, written.choices)
