"""Reviewed alerts as a CSV file: order_id, and the label confirmed or false."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from contracts.errors import UsageError

LABELS = {"confirmed": True, "false": False}


def read_feedback(file: Path) -> pd.DataFrame:
    """order_id and confirmed (boolean), one row per order. UsageError names the file, the line and what is wrong with it."""
    try:
        lines = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{file}: cannot be read as UTF-8 text; pass a CSV file with the columns order_id and label.") from None
    if not lines or not {"order_id", "label"} <= set(lines[0]):
        raise UsageError(f"{file}: expected the columns order_id and label and at least one row; fix the file.")
    labels: dict[str, bool] = {}
    for number, line in enumerate(lines, 2):
        label = (line["label"] or "").strip().lower()
        if label not in LABELS or not (line["order_id"] or "").strip():
            raise UsageError(
                f"{file}: line {number} has the label {line['label']!r}; expected confirmed or false, and an order_id."
            )
        labels[line["order_id"].strip()] = LABELS[label]
    return pd.DataFrame({"order_id": list(labels), "confirmed": list(labels.values())})
