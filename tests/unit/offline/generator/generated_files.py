"""Reads generated files back with the csv module only, and classifies each row from its text alone."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

TYPES = {"view", "cart", "remove_from_cart", "purchase", "sale", "return"}
TIMES = ("event_time", "ordered_at", "updated_at", "registered_at")
PRICES = ("price", "unit_price", "list_price", "unit_cost")


@dataclass
class Found:
    """The files of one kind. `rows` has each good row once; `where` has its file."""

    rows: list[dict[str, str]] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    bad: Counter[str] = field(default_factory=Counter)
    copies: int = 0
    lines: int = 0


def read(folder: Path, kind: str) -> Found:
    content, seen = Found(), set()
    for path in sorted(folder.glob(f"{kind}*.csv")):
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            rows = csv.reader(file)
            header = next(rows)
            for cells in rows:
                content.lines += 1
                wrong = judge(header, cells)
                if wrong:
                    content.bad[wrong] += 1
                elif tuple(cells) in seen:
                    content.copies += 1
                else:
                    seen.add(tuple(cells))
                    content.rows.append(dict(zip(header, cells, strict=True)))
                    content.where.append(path.name)
    return content


def judge(header: list[str], cells: list[str]) -> str:
    """The error of a row, or an empty string for a good one."""
    if not cells:
        return "blank_line"
    if len(cells) != len(header):
        return "truncated_line" if len(cells) < len(header) else "too_many_columns"
    row = dict(zip(header, cells, strict=True))
    if any("\udc80" <= letter <= "\udcff" for letter in "".join(cells)):
        return "invalid_utf8"
    if any(instant(row[name]) is None for name in TIMES if name in row):
        return "impossible_date"
    if row.get("event_type", row.get("line_type", "sale")) not in TYPES:
        return "unknown_type"
    if row.get("product_id") == "":
        return "missing_product_id"
    try:
        negative = any(Decimal(row[name]) < 0 for name in PRICES if name in row)
    except InvalidOperation:
        return "non_numeric_price"
    return "negative_price" if negative else ""


def instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace(" UTC", "Z"))
    except ValueError:
        return None


def gross(lines: list[dict[str, str]]) -> Decimal:
    return sum((int(line["quantity"]) * Decimal(line["unit_price"]) for line in lines), Decimal(0))
