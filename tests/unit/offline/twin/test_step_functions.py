"""The subset of Amazon States Language that the deployed state machines use."""

from __future__ import annotations

from typing import Any

import pytest

from offline.twin.services.stepfunctions.asl import Failure, Machine

TASK = {"Type": "Task", "Resource": "r", "End": True}


def ran(states: dict[str, Any], given: Any, call: Any = lambda *_: {}) -> tuple[Any, list[str], list[float]]:
    """Output or failure, the states that were entered, and the waits."""
    entered: list[str] = []
    waits: list[float] = []

    def tell(kind: str, **details: Any) -> None:
        if kind.endswith("StateEntered"):
            entered.append(details["stateEnteredEventDetails"]["name"])

    context = {"Execution": {"Id": "arn:x", "Input": given}}
    machine = Machine({"StartAt": next(iter(states)), "States": states}, call, tell, waits.append, context)
    try:
        return machine.run(given), entered, waits
    except Failure as failure:
        return (failure.name, failure.cause), entered, waits


DEFAULTS = {"Type": "Pass", "Result": {"source": "-"}, "ResultPath": "$.d", "Next": "G"}
GIVEN = {"Type": "Pass", "Parameters": {"g.$": "States.JsonMerge($.d, $, false)"}, "OutputPath": "$.g", "End": True}


@pytest.mark.parametrize(
    ("states", "given", "output"),
    [
        ({"A": {"Type": "Pass", "Result": 7, "End": True}}, {"a": 1}, 7),
        ({"A": {"Type": "Pass", "Result": 7, "ResultPath": "$.b.c", "End": True}}, {"a": 1}, {"a": 1, "b": {"c": 7}}),
        ({"A": {"Type": "Pass", "ResultPath": None, "End": True}}, {"a": 1}, {"a": 1}),
        ({"A": {"Type": "Pass", "InputPath": "$.a", "End": True}}, {"a": [1]}, [1]),
        ({"A": {"Type": "Pass", "Parameters": {"x.$": "$$.Execution.Id", "y": [1]}, "End": True}}, {}, {"x": "arn:x", "y": [1]}),
        ({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}, {"a": 1}, {"a": 1}),
        ({"A": {"Type": "Fail", "Error": "E", "CausePath": "$.why"}}, {"why": "so"}, ("E", "so")),
        ({"A": {"Type": "Pass", "InputPath": "$.no", "End": True}}, {},
         ("States.Runtime", "$.no: there is nothing at this path in {}.")),
        ({"D": DEFAULTS, "G": GIVEN}, {"full": "true"}, {"d": {"source": "-"}, "source": "-", "full": "true"}),
        ({"D": DEFAULTS, "G": GIVEN}, {"source": "shop"}, {"d": {"source": "-"}, "source": "shop"}),
    ],
)  # fmt: skip
def test_data_flows_by_paths(states, given, output):
    assert ran(states, given)[0] == output


def test_a_task_is_tried_again_with_longer_waits_and_then_caught():
    calls = []

    def call(resource, parameters):
        calls.append((resource, parameters))
        raise Failure("States.TaskFailed", "no")

    retry = [{"ErrorEquals": ["Glue.Other"]}, {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2, "IntervalSeconds": 3}]
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "B"}]
    states = {"A": TASK | {"Retry": retry, "Catch": catch, "Parameters": {"n.$": "$.n"}}, "B": {"Type": "Pass", "End": True}}
    output, entered, waits = ran(states, {"n": 1}, call)
    assert output == {"n": 1, "error": {"Error": "States.TaskFailed", "Cause": "no"}}
    assert (entered, waits, calls) == (["A", "B"], [3, 6], [("r", {"n": 1})] * 3)


def test_a_task_that_comes_right_goes_on_with_its_result():
    answers = iter([Failure("X", "once"), {"id": 5}])

    def call(*_):
        answer = next(answers)
        if isinstance(answer, Failure):
            raise answer
        return answer

    states = {"A": TASK | {"Retry": [{"ErrorEquals": ["States.ALL"]}], "ResultSelector": {"got.$": "$.id"}, "ResultPath": "$.r"}}
    assert ran(states, {"n": 1}, call) == ({"n": 1, "r": {"got": 5}}, ["A"], [1])


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"Type": "Map", "End": True}, "A: the twin runs Pass, Task, Succeed, Fail, and this is a Map; see twin/asl.py."),
        (TASK | {"HeartbeatSeconds": 3}, "A: the twin does not know HeartbeatSeconds of a Task."),
        ({"Type": "Pass", "Parameters": {"a.$": "States.UUID()"}, "End": True},
         "States.UUID(): the twin reads paths like $.a.b and States.JsonMerge, nothing else."),
    ],
)  # fmt: skip
def test_what_is_not_of_the_subset_is_refused_by_name(state, sentence):
    assert ran({"A": state}, {})[0] == ("States.Runtime", sentence)
