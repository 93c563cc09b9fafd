"""Machines of Amazon States Language without a server: what they return, enter and wait for."""

from __future__ import annotations

from typing import Any

from tests.support.lazy import lazy

errors = lazy("offline.twin.services.stepfunctions.asl.errors")
Machine = lazy("offline.twin.services.stepfunctions.asl.machine", "Machine")


TASK = {"Type": "Task", "Resource": "r", "End": True}
PASS = {"Type": "Pass", "End": True}
RUNTIME = "States.Runtime"


def run(states: dict[str, Any], data: Any, call: Any = lambda *_: {}, **top: Any) -> tuple[Any, list[str], list[float]]:
    """Output or failure, the states that were entered, and the waits."""
    entered: list[str] = []
    waits: list[float] = []

    def emit(kind: str, **details: Any) -> None:
        if kind.endswith("StateEntered"):
            entered.append(details["stateEnteredEventDetails"]["name"])

    machine = Machine(
        {"StartAt": next(iter(states)), "States": states, **top},
        call=lambda resource, parameters, _: call(resource, parameters),
        emit=emit,
        wait=lambda seconds, _: waits.append(seconds),
        context={"Execution": {"Id": "arn:x", "Input": data}},
    )
    try:
        return machine.run(data), entered, waits
    except errors.Failure as failure:
        return (failure.name, failure.cause), entered, waits


def output_of(state: dict[str, Any], data: Any) -> Any:
    return run({"A": state}, data)[0]
