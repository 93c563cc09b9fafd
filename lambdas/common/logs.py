"""One JSON object a line, for CloudWatch Logs; metrics in the Embedded Metric Format, which CloudWatch turns into metrics.

Powertools would do the same, but importing its Logger and Metrics takes 90 ms, a third of what a cold start may take.
Callers log counts, codes and names of fields, never values of events: those may be personal.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping

NAMESPACE = "Shoplake"


def info(message: str, **fields: object) -> None:
    """An expected event worth a line."""
    _write({"level": "INFO", "message": message, **fields})


def warning(message: str, **fields: object) -> None:
    """Something that recovers by itself, or that a sender has to fix."""
    _write({"level": "WARNING", "message": message, **fields})


def error(message: str, **fields: object) -> None:
    """A fault of ours or of AWS."""
    _write({"level": "ERROR", "message": message, **fields})


def metrics(values: Mapping[str, float], *, dimensions: Mapping[str, str]) -> None:
    """Counts of this invocation, summed by CloudWatch by name and dimensions."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": "Count"} for name in values],
    }
    _write({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **dimensions, **values})


def _write(entry: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(entry, default=str) + "\n")
