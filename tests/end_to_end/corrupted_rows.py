"""Find the rows that the generator corrupted, by reading every line of its files with nothing but the csv module."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

TIME = {"events": "event_time", "order_lines": "ordered_at", "products": "updated_at", "customers": "updated_at"}
PRICE = {"events": "price", "order_lines": "unit_price", "products": "list_price"}
KIND = {"events": "event_type", "order_lines": "line_type"}
KNOWN = {"view", "cart", "remove_from_cart", "purchase", "sale", "return", "adjustment", "write_off"}
BLANK = "blank_line"


@dataclass(frozen=True, order=True)
class CorruptedRow:
    """Its file, line number from 1, text (with U+FFFD where it is not UTF-8) and fault."""

    file: str
    line: int
    text: str
    fault: str


def corrupted_rows(folder: Path, kind: str) -> list[CorruptedRow]:
    """The corrupted rows in all files of a kind."""
    rows = []
    for path in sorted(folder.glob(f"{kind}-*.csv")):
        header, *lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
        names = header.decode().split(",")
        for number, line in enumerate(lines, start=2):
            fault = _fault(kind, names, line)
            if fault:
                rows.append(CorruptedRow(path.name, number, line.decode(errors="replace"), fault))
    return rows


def broken_rule(kind: str, fault: str) -> str:
    """The rule of the file reader or the contract that a fault breaks."""
    return {
        "truncated_line": "malformed_record",
        "too_many_columns": "malformed_record",
        "invalid_utf8": "invalid_encoding",
        "impossible_date": f"{TIME[kind]}_not_timestamp",
        "non_numeric_price": f"{PRICE.get(kind)}_not_decimal",
        "negative_price": "unit_price_sign" if kind == "order_lines" else f"{PRICE.get(kind)}_range",
        "unknown_type": f"{KIND.get(kind)}_enum",
        "missing_product_id": "product_known" if kind == "events" else "product_id_required",
    }[fault]


def _fault(kind: str, names: list[str], line: bytes) -> str:
    if not line:
        return BLANK
    text = line.decode(errors="replace")
    cells = next(csv.reader([text]))
    if len(cells) != len(names):
        return "truncated_line" if len(cells) < len(names) else "too_many_columns"
    return "invalid_utf8" if "\ufffd" in text else _fault_of_values(kind, dict(zip(names, cells, strict=True)))


def _fault_of_values(kind: str, row: dict[str, str]) -> str:
    try:
        datetime.fromisoformat(row[TIME[kind]])
    except ValueError:
        return "impossible_date"
    if KIND.get(kind, "") in row and row[KIND[kind]] not in KNOWN:
        return "unknown_type"
    if row.get("product_id") == "":
        return "missing_product_id"
    try:
        return "negative_price" if Decimal(row.get(PRICE.get(kind, ""), "0")) < 0 else ""
    except InvalidOperation:
        return "non_numeric_price"
