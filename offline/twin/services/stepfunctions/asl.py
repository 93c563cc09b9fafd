"""Amazon States Language, as much of it as the deployed state machines use; whatever else is refused by name.

States: Pass, Task, Succeed, Fail. Fields: Parameters and ResultSelector with `.$` paths, Result, InputPath, OutputPath,
ResultPath, Next, End, Retry, Catch, ErrorPath, CausePath. Paths are `$`, `$.a.b`, `$$.a.b`; the one intrinsic function is
States.JsonMerge. Timeouts are left to what a task calls.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

FIELDS = {
    "Pass": {"Result", "Parameters"},
    "Task": {"Resource", "Parameters", "ResultSelector", "Retry", "Catch", "TimeoutSeconds"},
    "Succeed": set[str](),
    "Fail": {"Error", "Cause", "ErrorPath", "CausePath"},
}
COMMON = {"Type", "Comment", "Next", "End", "InputPath", "OutputPath", "ResultPath"}
PATH = re.compile(r"\$\$?(\.[A-Za-z_][\w-]*)*")
MERGE = re.compile(r"States\.JsonMerge\((.+),(.+),\s*false\s*\)")
ALL = "States.ALL"
FAILED = "States.TaskFailed"


class Failure(Exception):  # noqa: N818 - the language calls them so
    """An error by its name in the language, and its cause; States.Runtime is never caught or tried again."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name}: {cause}")
        self.name, self.cause = name, cause


@dataclass
class Machine:
    """Runs a definition. `call` performs a task: resource and parameters in, result out; `tell` hears of every step."""

    definition: Mapping[str, Any]
    call: Callable[[str, Any], Any]
    tell: Callable[..., None]
    wait: Callable[[float], None]
    context: dict[str, Any] = field(default_factory=dict)

    def run(self, given: Any) -> Any:
        """The output for this input; Failure when the execution fails."""
        check(self.definition)
        name, data = self.definition["StartAt"], given
        while True:
            state = self.definition["States"][name]
            kind = state["Type"]
            self.tell(f"{kind}StateEntered", stateEnteredEventDetails={"name": name, "input": json.dumps(data)})
            try:
                data = self._step(state, data)
                following = state.get("Next")
            except Failure as failure:
                following, data = _caught(state, failure, data)
            if kind != "Fail":
                self.tell(f"{kind}StateExited", stateExitedEventDetails={"name": name, "output": json.dumps(data)})
            if following is None:
                return data
            name = following

    def _step(self, state: Mapping[str, Any], data: Any) -> Any:
        seen = self._look(state.get("InputPath", "$"), data)
        if state["Type"] == "Fail":
            raise Failure(
                str(self._look(state["ErrorPath"], seen) if "ErrorPath" in state else state.get("Error", "")),
                str(self._look(state["CausePath"], seen) if "CausePath" in state else state.get("Cause", "")),
            )
        if state["Type"] == "Succeed":
            return self._look(state.get("OutputPath", "$"), seen)
        parameters = self._fill(state["Parameters"], seen) if "Parameters" in state else seen
        if state["Type"] == "Task":
            result = self._tried(state, parameters)
            result = self._fill(state["ResultSelector"], result) if "ResultSelector" in state else result
        else:
            result = state.get("Result", parameters)
        return self._look(state.get("OutputPath", "$"), placed(data, state.get("ResultPath", "$"), result))

    def _tried(self, state: Mapping[str, Any], parameters: Any) -> Any:
        """The task's result, after as many attempts as its retriers allow, each with a count of its own."""
        retriers = state.get("Retry", ())
        used = [0] * len(retriers)
        while True:
            try:
                return self.call(state["Resource"], parameters)
            except Failure as failure:
                fitting = (number for number, retrier in enumerate(retriers) if matches(retrier["ErrorEquals"], failure))
                number = next(fitting, None)
                if number is None or used[number] >= retriers[number].get("MaxAttempts", 3):
                    raise
                retrier = retriers[number]
                self.wait(retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** used[number])
                used[number] += 1

    def _fill(self, template: Any, data: Any) -> Any:
        if isinstance(template, list):
            return [self._fill(inner, data) for inner in template]
        if not isinstance(template, Mapping):
            return template
        return {
            key.removesuffix(".$"): self._look(value, data) if key.endswith(".$") else self._fill(value, data)
            for key, value in template.items()
        }

    def _look(self, path: str | None, data: Any) -> Any:
        if path is None:
            return {}
        if merge := MERGE.fullmatch(path):
            return {**self._look(merge[1].strip(), data), **self._look(merge[2].strip(), data)}
        if not PATH.fullmatch(path):
            raise Failure("States.Runtime", f"{path}: the twin reads paths like $.a.b and States.JsonMerge, nothing else.")
        found = self.context if path.startswith("$$") else data
        for name in path.lstrip("$").split(".")[1:]:
            if not isinstance(found, Mapping) or name not in found:
                raise Failure("States.Runtime", f"{path}: there is nothing at this path in {json.dumps(data)[:200]}.")
            found = found[name]
        return copy.deepcopy(found)


def check(definition: Mapping[str, Any]) -> None:
    """Failure naming the first state or field that is not of the subset."""
    if definition.get("QueryLanguage", "JSONPath") != "JSONPath":
        raise Failure("States.Runtime", f"{definition['QueryLanguage']}: the twin reads JSONPath.")
    for name, state in definition["States"].items():
        kind = state["Type"]
        if kind not in FIELDS:
            raise Failure("States.Runtime", f"{name}: the twin runs {', '.join(FIELDS)}, and this is a {kind}; see twin/asl.py.")
        if unknown := set(state) - FIELDS[kind] - COMMON:
            raise Failure("States.Runtime", f"{name}: the twin does not know {', '.join(sorted(unknown))} of a {kind}.")


def matches(names: list[str], failure: Failure) -> bool:
    """Whether a retrier or catcher is for this failure."""
    if failure.name == "States.Runtime":
        return False
    task = failure.name != "States.Timeout"
    return failure.name in names or ALL in names or (FAILED in names and task)


def placed(data: Any, path: str | None, result: Any) -> Any:
    """The data with the result at a path; `$` is the result alone, None drops it."""
    if path is None or path == "$":
        return data if path is None else result
    *above, last = path.removeprefix("$.").split(".")
    whole = copy.deepcopy(data) if isinstance(data, dict) else {}
    inner = whole
    for name in above:
        inner = inner.setdefault(name, {})
    inner[last] = result
    return whole


def _caught(state: Mapping[str, Any], failure: Failure, data: Any) -> tuple[str, Any]:
    """Where a failure leads, and what is known there; the failure itself where nobody catches it."""
    for catcher in state.get("Catch", ()):
        if matches(catcher["ErrorEquals"], failure):
            told = {"Error": failure.name, "Cause": failure.cause}
            return catcher["Next"], placed(data, catcher.get("ResultPath", "$"), told)
    raise failure
