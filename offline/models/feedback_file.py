"""Reviewed alerts as a CSV file: the ID of an order, a session or a customer, and the label confirmed or false."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from contracts.errors import UsageError

LABELS = {"confirmed": True, "false": False}


def read_feedback(file: Path, *, keys: Sequence[str]) -> pd.DataFrame:
    """The one of `keys` that the file has and confirmed (boolean), one row per key.

    UsageError names the file, the line and what is wrong with it.
    """
    try:
        lines = list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError):
        remedy = f"pass a CSV file with the columns label and one of {', '.join(keys)}"
        raise UsageError(f"{file}: cannot be read as UTF-8 text; {remedy}.") from None
    found = [key for key in keys if lines and key in lines[0]]
    if len(found) != 1 or "label" not in lines[0]:
        expected = f"the columns label and one of {', '.join(keys)}, and at least one row"
        raise UsageError(f"{file}: expected {expected}; fix the file.")
    (key,) = found
    labels: dict[str, bool] = {}
    for number, line in enumerate(lines, 2):
        label = (line["label"] or "").strip().lower()
        if label not in LABELS or not (line[key] or "").strip():
            raise UsageError(f"{file}: line {number} has the label {line['label']!r}; expected confirmed or false, and {key}.")
        labels[line[key].strip()] = LABELS[label]
    return pd.DataFrame({key: list(labels), "confirmed": list(labels.values())})
