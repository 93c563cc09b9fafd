"""Partition projection as Athena and Trino do it: from a table's parameters to the folders that a query reads."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from datetime import date, timedelta

ATHENA_TO_PYTHON = {"yyyy-MM-dd": "%Y-%m-%d"}


def folders(parameters: Mapping[str, str], *, today: date) -> set[str]:
    """The URI of every projected folder, with a trailing slash."""
    assert parameters["projection.enabled"] == "true"
    template = parameters["storage.location.template"]
    columns = re.findall(r"\$\{(\w+)\}", template)
    values = [
        _values({key: parameters[key] for key in parameters if key.startswith(f"projection.{name}.")}, name, today)
        for name in columns
    ]
    return {_fill(template, dict(zip(columns, combination, strict=True))) for combination in itertools.product(*values)}


def _values(settings: Mapping[str, str], name: str, today: date) -> list[str]:
    kind = settings[f"projection.{name}.type"]
    if kind == "enum":
        assert set(settings) == {f"projection.{name}.type", f"projection.{name}.values"}
        return settings[f"projection.{name}.values"].split(",")
    # Trino requires a format down to the day, and steps of at most a day.
    assert kind == "date"
    assert (settings[f"projection.{name}.interval"], settings[f"projection.{name}.interval.unit"]) == ("1", "DAYS")
    pattern = ATHENA_TO_PYTHON[settings[f"projection.{name}.format"]]
    first, last = (_bound(text, today) for text in settings[f"projection.{name}.range"].split(","))
    return [(first + timedelta(days=day)).strftime(pattern) for day in range((last - first).days + 1)]


def _bound(text: str, today: date) -> date:
    now = re.fullmatch(r"NOW(?:\+(\d+)DAYS)?", text)
    return today + timedelta(days=int(now[1] or 0)) if now else date.fromisoformat(text)


def _fill(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], template)
