"""Runs a definition in Amazon States Language from its first state to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from offline.twin.services.stepfunctions.asl.choice import applies
from offline.twin.services.stepfunctions.asl.control import Control
from offline.twin.services.stepfunctions.asl.errors import (
    RUNTIME,
    TIMEOUT,
    ExecutionTimedOut,
    Failure,
    Interrupted,
    matches,
)
from offline.twin.services.stepfunctions.asl.paths import evaluate, fill, place, resolve
from offline.twin.services.stepfunctions.asl.validation import check

CONCURRENCY = 40
"""Iterations of an inline map that run at a time, as on AWS."""
State = Mapping[str, Any]
Context = Mapping[str, Any]
Branch = tuple[State, Any, Context]


@dataclass
class Machine:
    """Runs a definition.

    `call` performs a task: resource, parameters and control in, result out. `emit` records an event. `wait` waits for the seconds
    that the definition states. `position` is the last top-level state that was entered, with its input.
    """

    definition: Mapping[str, Any]
    call: Callable[[str, Any, Control], Any]
    emit: Callable[..., None]
    wait: Callable[[float, Control], None]
    context: Context = field(default_factory=dict)
    control: Control = field(default_factory=Control)
    position: tuple[str, Any] | None = None

    def run(self, data: Any) -> Any:
        """The output for this input, or from `position` on if there is one.

        Failure when the execution fails, ExecutionTimedOut after the definition's TimeoutSeconds, Interrupted when stopped.
        """
        check(self.definition)
        name, data = self.position or (self.definition["StartAt"], data)
        control = Control(self.control, seconds=self.definition.get("TimeoutSeconds"), error=ExecutionTimedOut())
        while True:
            self.position = (name, data)
            following, data = self._perform(name, self.definition["States"][name], data, self.context, control)
            if following is None:
                return data
            name = following

    def _branch(self, branch: Branch, control: Control) -> Any:
        definition, data, context = branch
        name = definition["StartAt"]
        while True:
            following, data = self._perform(name, definition["States"][name], data, context, control)
            if following is None:
                return data
            name = following

    def _perform(self, name: str, state: State, data: Any, context: Context, control: Control) -> tuple[str | None, Any]:
        """The state that follows, if any, and its input."""
        control.check()
        kind = state["Type"]
        self.emit(f"{kind}StateEntered", stateEnteredEventDetails={"name": name, "input": json.dumps(data)})
        try:
            following, output = self._step(state, data, context, control)
        except Failure as failure:
            following, output = _catch(state, failure, data)
        self.emit(f"{kind}StateExited", stateExitedEventDetails={"name": name, "output": json.dumps(output)})
        return following, output

    def _step(self, state: State, data: Any, context: Context, control: Control) -> tuple[str | None, Any]:
        effective = evaluate(state.get("InputPath", "$"), data, context)
        result: Any
        match state["Type"]:
            case "Fail":
                raise Failure(_text(state, "Error", effective, context), _text(state, "Cause", effective, context))
            case "Choice":
                following = _choose(state, effective, context)
                return following, evaluate(state.get("OutputPath", "$"), effective, context)
            case "Wait":
                self.wait(_seconds(state, effective, context), control)
                result = effective
            case "Pass":
                result = state.get("Result", _parameters(state, effective, context))
            case "Succeed":
                result = effective
            case _:
                result = self._attempt(state, effective, context, control)
                result = fill(state["ResultSelector"], result, context) if "ResultSelector" in state else result
        output = place(data, state.get("ResultPath", "$"), result)
        return state.get("Next"), evaluate(state.get("OutputPath", "$"), output, context)

    def _attempt(self, state: State, data: Any, context: Context, control: Control) -> Any:
        """The result of a Task, Map or Parallel state, after as many attempts as its retriers allow."""
        retriers = state.get("Retry", ())
        used = [0] * len(retriers)
        work = {"Task": self._task, "Map": self._map, "Parallel": self._parallel}[state["Type"]]
        while True:
            try:
                return work(state, data, context, control)
            except Failure as failure:
                fitting = (number for number, retrier in enumerate(retriers) if matches(retrier["ErrorEquals"], failure))
                number = next(fitting, None)
                if number is None or used[number] >= retriers[number].get("MaxAttempts", 3):
                    raise
                retrier = retriers[number]
                seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** used[number]
                self.wait(min(seconds, retrier.get("MaxDelaySeconds", seconds)), control)
                used[number] += 1

    def _task(self, state: State, data: Any, context: Context, control: Control) -> Any:
        seconds = resolve(path, data, context) if (path := state.get("TimeoutSecondsPath")) else state.get("TimeoutSeconds")
        timeout = Failure(TIMEOUT, f"The task exceeded its timeout of {seconds} seconds.")
        return self.call(state["Resource"], _parameters(state, data, context), Control(control, seconds=seconds, error=timeout))

    def _map(self, state: State, data: Any, context: Context, control: Control) -> list[Any]:
        items = evaluate(state.get("ItemsPath", "$"), data, context)
        if not isinstance(items, list):
            raise Failure(RUNTIME, f"{state.get('ItemsPath', '$')}: a Map state needs a list.")
        selector = state.get("ItemSelector", state.get("Parameters"))
        branches: list[Branch] = []
        for index, item in enumerate(items):
            inner = {**context, "Map": {"Item": {"Index": index, "Value": item}}}
            value = item if selector is None else fill(selector, data, inner)
            branches.append((state.get("ItemProcessor") or state["Iterator"], value, inner))
        self.emit("MapStateStarted", mapStateStartedEventDetails={"length": len(items)})
        return self._branches("Map", branches, state.get("MaxConcurrency") or CONCURRENCY, control)

    def _parallel(self, state: State, data: Any, context: Context, control: Control) -> list[Any]:
        parameters = _parameters(state, data, context)
        self.emit("ParallelStateStarted")
        branches = [(branch, parameters, context) for branch in state["Branches"]]
        return self._branches("Parallel", branches, len(branches), control)

    def _branches(self, kind: str, branches: Sequence[Branch], concurrency: int, control: Control) -> list[Any]:
        """The outputs of all branches. The first one that fails stops the others, and its error is raised."""
        scope = Control(control)
        failures: list[Exception] = []

        def run(branch: Branch) -> Any:
            try:
                return self._branch(branch, scope)
            except Exception as error:
                if not failures:
                    failures.append(error)
                scope.stop()
                raise

        with ThreadPoolExecutor(max_workers=max(1, min(concurrency, len(branches)))) as pool:
            futures = [pool.submit(run, branch) for branch in branches]
        if failures:
            if not isinstance(failures[0], Interrupted):
                self.emit(f"{kind}StateFailed")
            raise failures[0]
        self.emit(f"{kind}StateSucceeded")
        return [future.result() for future in futures]


def _parameters(state: State, data: Any, context: Context) -> Any:
    return fill(state["Parameters"], data, context) if "Parameters" in state else data


def _text(state: State, name: str, data: Any, context: Context) -> str:
    """A field of a Fail state, literal or by path."""
    path = state.get(f"{name}Path")
    return str(evaluate(path, data, context) if path else state.get(name, ""))


def _choose(state: State, data: Any, context: Context) -> str:
    following = next((rule["Next"] for rule in state["Choices"] if applies(rule, data, context)), state.get("Default"))
    if following is None:
        raise Failure("States.NoChoiceMatched", f"No rule applies to {json.dumps(data)[:200]}, and there is no Default.")
    return str(following)


def _seconds(state: State, data: Any, context: Context) -> float:
    if "Seconds" in state or "SecondsPath" in state:
        return float(state["Seconds"] if "Seconds" in state else resolve(state["SecondsPath"], data, context))
    text = state["Timestamp"] if "Timestamp" in state else resolve(state["TimestampPath"], data, context)
    return max(0.0, (datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds())


def _catch(state: State, failure: Failure, data: Any) -> tuple[str, Any]:
    """The state that handles a failure, and its input. Raises the failure if none does."""
    for catcher in state.get("Catch", ()):
        if matches(catcher["ErrorEquals"], failure):
            error = {"Error": failure.name, "Cause": failure.cause}
            return catcher["Next"], place(data, catcher.get("ResultPath", "$"), error)
    raise failure
