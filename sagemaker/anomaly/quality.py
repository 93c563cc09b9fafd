"""The quality of a trained anomaly model: the recall of injected frauds within the alert budget."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def quality(metrics: Mapping[str, Any], _output: Path) -> dict[str, Any]:
    """Name and value; without an interval `low` is the value itself."""
    recall = metrics["metrics"][metrics["chosen"]]["recall"]["all"]
    return {"name": "recall of injected frauds", "value": recall, "low": recall}
