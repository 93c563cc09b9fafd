"""Checks that a definition uses only what the interpreter knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offline.twin.services.stepfunctions.asl.errors import RUNTIME, Failure

ATTEMPTS = {"Retry", "Catch", "ResultSelector"}
FIELDS = {
    "Pass": {"Result", "Parameters"},
    "Task": {"Resource", "Parameters", "TimeoutSeconds", "TimeoutSecondsPath", *ATTEMPTS},
    "Choice": {"Choices", "Default"},
    "Wait": {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Map": {"ItemsPath", "ItemSelector", "Parameters", "ItemProcessor", "Iterator", "MaxConcurrency", "Label", *ATTEMPTS},
    "Parallel": {"Branches", "Parameters", *ATTEMPTS},
    "Succeed": set[str](),
    "Fail": {"Error", "Cause", "ErrorPath", "CausePath"},
}
COMMON = {"Type", "Comment", "Next", "End", "InputPath", "OutputPath", "ResultPath"}


def check(definition: Mapping[str, Any]) -> None:
    """Failure naming the first state or field that the interpreter does not know."""
    if (language := definition.get("QueryLanguage", "JSONPath")) != "JSONPath":
        raise Failure(RUNTIME, f"{language}: the local stack runs state machines in JSONPath.")
    for name, state in definition["States"].items():
        kind = state["Type"]
        if kind not in FIELDS:
            raise Failure(RUNTIME, f"{name}: the local stack runs {', '.join(FIELDS)} states; this one is a {kind}.")
        if unknown := set(state) - FIELDS[kind] - COMMON:
            raise Failure(RUNTIME, f"{name}: the local stack does not know {', '.join(sorted(unknown))} of a {kind} state.")
        processor = state.get("ItemProcessor") or state.get("Iterator") or {}
        if processor.get("ProcessorConfig", {}).get("Mode", "INLINE") != "INLINE":
            raise Failure(RUNTIME, f"{name}: the local stack runs inline maps; this one is distributed.")
        for inner in (*state.get("Branches", ()), *([processor] if processor else ())):
            check(inner)
