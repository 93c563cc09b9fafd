"""Machines of Amazon States Language without a server: what they return, enter and wait for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.lazy import lazy

errors = lazy("offline.twin.services.stepfunctions.asl.errors")
Machine = lazy("offline.twin.services.stepfunctions.asl.machine", "Machine")


OWN = "arn:aws:states:eu-central-1:1:execution:shoplake-dev-batch:own"


@dataclass
class Execution:
    """One execution of a deployed machine, whose calls `answer` answers: its waits, its messages, how many states it entered."""

    definition: Mapping[str, Any]
    waits: list[float] = field(default_factory=list, init=False)
    messages: list[Any] = field(default_factory=list, init=False)
    entered: int = field(default=0, init=False)

    def perform(self, **data: str) -> errors.Failure | None:
        """How the execution fails, if it does."""
        machine = Machine(
            self.definition,
            call=lambda resource, parameters, _: self._call(resource, parameters),
            emit=self._emit,
            wait=lambda seconds, _: self.waits.append(seconds),
            context={"Execution": {"Id": OWN, "Input": data}, "StateMachine": {"Id": "machine"}},
        )
        try:
            machine.run(data)
        except errors.Failure as failure:
            return failure
        return None

    def answer(self, resource: str, parameters: Mapping[str, Any]) -> Any:
        """What the service answers; errors.Failure if it fails."""
        raise NotImplementedError

    def _emit(self, kind: str, **_: Any) -> None:
        self.entered += kind.endswith("StateEntered")

    def _call(self, resource: str, parameters: Mapping[str, Any]) -> Any:
        if resource.endswith("sns:publish"):
            self.messages.append(parameters["Message"])
            return {}
        return self.answer(resource, parameters)


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
