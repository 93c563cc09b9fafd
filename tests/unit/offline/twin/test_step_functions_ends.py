"""Amazon States Language: timeouts, stops and redrives."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.support.lazy import lazy
from tests.support.state_machines import PASS, TASK, Machine, errors

Control = lazy("offline.twin.services.stepfunctions.asl.control", "Control")


def sleeping(definition: dict[str, Any], **kwargs: Any) -> Machine:
    """A machine whose tasks and waits take an hour unless they are ended."""
    return Machine(
        definition,
        call=lambda _, __, control: control.sleep(3600),
        emit=lambda *_, **__: None,
        wait=lambda _, control: control.sleep(3600),
        **kwargs,
    )


def test_a_task_has_a_timeout_of_its_own():
    # GIVEN a task that lasts too long
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "B"}]
    states = {"A": TASK | {"TimeoutSeconds": 0.1, "Catch": catch}, "B": PASS}
    # THEN its timeout is caught by name, but not as States.TaskFailed
    caught = {"Error": "States.Timeout", "Cause": "The task exceeded its timeout of 0.1 seconds."}
    assert sleeping({"StartAt": "A", "States": states}).run({}) == caught
    states["A"] |= {"Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}], "TimeoutSecondsPath": "$.seconds"}
    with pytest.raises(errors.Failure, match=r"States\.Timeout: The task exceeded its timeout of 0\.2 seconds\."):
        sleeping({"StartAt": "A", "States": states}).run({"seconds": 0.2})


def test_an_execution_times_out_whatever_is_caught():
    states = {"A": TASK | {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}, "B": PASS}
    with pytest.raises(errors.ExecutionTimedOut):
        sleeping({"StartAt": "A", "States": states, "TimeoutSeconds": 0.1}).run({})


def test_an_execution_can_be_stopped_in_a_branch():
    control = Control()
    branch = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}
    states = {"A": {"Type": "Parallel", "Branches": [branch, branch], "End": True}}
    threading.Timer(0.1, control.stop).start()
    with pytest.raises(errors.Interrupted):
        sleeping({"StartAt": "A", "States": states}, control=control).run({})


def test_a_redriven_execution_goes_on_where_it_failed():
    # GIVEN a machine whose second task fails
    calls = []

    def call(resource, parameters, control):
        calls.append((resource, parameters))
        if resource == "second" and calls.count((resource, parameters)) == 1:
            raise errors.Failure("States.TaskFailed", "no")
        return {"by": resource}

    definition = {
        "StartAt": "A",
        "States": {"A": {"Type": "Task", "Resource": "first", "Next": "B"}, "B": TASK | {"Resource": "second"}},
    }
    machine = Machine(definition, call=call, emit=lambda *_, **__: None, wait=lambda *_: None)
    with pytest.raises(errors.Failure):
        machine.run({})
    # WHEN another machine starts from its position
    again = Machine(definition, call=call, emit=lambda *_, **__: None, wait=lambda *_: None, position=machine.position)
    # THEN only the second task runs again, with the same input
    assert again.run({}) == {"by": "second"}
    assert calls == [("first", {}), ("second", {"by": "first"}), ("second", {"by": "first"})]
