"""Amazon States Language: every state type, retries and catchers."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.state_machines import PASS, RUNTIME, TASK, Machine, errors, output_of, run

DEFAULTS = {"Type": "Pass", "Result": {"source": "-"}, "ResultPath": "$.d", "Next": "M"}
MERGE = {"Type": "Pass", "Parameters": {"g.$": "States.JsonMerge($.d, $, false)"}, "OutputPath": "$.g", "End": True}


@pytest.mark.parametrize(
    ("states", "data", "output"),
    [
        ({"A": {"Type": "Pass", "Result": 7, "End": True}}, {"a": 1}, 7),
        ({"A": {"Type": "Pass", "Result": 7, "ResultPath": "$.b.c", "End": True}}, {"a": 1}, {"a": 1, "b": {"c": 7}}),
        ({"A": {"Type": "Pass", "ResultPath": None, "End": True}}, {"a": 1}, {"a": 1}),
        ({"A": {"Type": "Pass", "InputPath": "$.a", "End": True}}, {"a": [1]}, [1]),
        ({"A": {"Type": "Pass", "InputPath": None, "End": True}}, {"a": [1]}, {}),
        ({"A": {"Type": "Pass", "Parameters": {"x.$": "$$.Execution.Id", "y": [1]}, "End": True}}, {}, {"x": "arn:x", "y": [1]}),
        ({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}, {"a": 1}, {"a": 1}),
        ({"A": {"Type": "Succeed", "OutputPath": "$.a"}}, {"a": 1}, 1),
        ({"A": {"Type": "Fail", "Error": "E", "CausePath": "$.why"}}, {"why": "so"}, ("E", "so")),
        ({"A": {"Type": "Fail", "ErrorPath": "$.e.Error", "CausePath": "$.e.Cause"}},
         {"e": {"Error": "States.TaskFailed", "Cause": "c"}}, ("States.TaskFailed", "c")),
        ({"A": {"Type": "Pass", "InputPath": "$.no", "End": True}}, {},
         (RUNTIME, "$.no: there is nothing at this path in {}.")),
        ({"D": DEFAULTS, "M": MERGE}, {"full": "true"}, {"d": {"source": "-"}, "source": "-", "full": "true"}),
        ({"D": DEFAULTS, "M": MERGE}, {"source": "shop"}, {"d": {"source": "-"}, "source": "shop"}),
    ],
)  # fmt: skip
def test_data_flows_by_paths(states, data, output):
    assert run(states, data)[0] == output


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$.list[0].n", 1),
        ("$.list[*].n", [1, 2]),
        ("$['name']", "mug"),
        ("States.Array($.name, 1, true, null, 'it\\'s')", ["mug", 1, True, None, "it's"]),
        ("States.ArrayContains($.list[*].n, 2)", True),
        ("States.ArrayGetItem($.list[*].n, 1)", 2),
        ("States.ArrayLength($.list)", 2),
        ("States.ArrayPartition(States.ArrayRange(1, 5, 1), 2)", [[1, 2], [3, 4], [5]]),
        ("States.ArrayRange(5, 1, -2)", [5, 3, 1]),
        ("States.ArrayUnique(States.Array(1, 2, 1))", [1, 2]),
        ("States.Format('{} of {}', $.name, States.MathAdd(1, -3))", "mug of -2"),
        ("States.StringSplit('a,b;c', ',;')", ["a", "b", "c"]),
        ("States.StringToJson('{\"a\": 1}')", {"a": 1}),
        ("States.JsonToString($.list[0])", '{"n":1}'),
    ],
)
def test_expressions_are_evaluated(expression, value):
    data = {"name": "mug", "list": [{"n": 1}, {"n": 2}]}
    assert output_of({"Type": "Pass", "Parameters": {"x.$": expression}, "End": True}, data) == {"x": value}


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        ({"Variable": "$.s", "StringEquals": "mug"}, True),
        ({"Variable": "$.s", "StringLessThan": "lid"}, False),
        ({"Variable": "$.s", "StringGreaterThanEquals": "mug"}, True),
        ({"Variable": "$.s", "StringMatches": "m*g"}, True),
        ({"Variable": "$.s", "StringMatches": "m?g"}, False),
        ({"Variable": "$.s", "StringEqualsPath": "$.same"}, True),
        ({"Variable": "$.s", "NumericEquals": 1}, False),
        ({"Variable": "$.n", "NumericGreaterThan": 1}, True),
        ({"Variable": "$.n", "NumericLessThanEquals": 1.5}, False),
        ({"Variable": "$.b", "BooleanEquals": False}, True),
        ({"Variable": "$.b", "NumericEquals": 0}, False),
        ({"Variable": "$.t", "TimestampLessThan": "2025-01-01T00:00:00+00:00"}, True),
        ({"Variable": "$.t", "IsTimestamp": True}, True),
        ({"Variable": "$.s", "IsTimestamp": True}, False),
        ({"Variable": "$.none", "IsNull": True}, True),
        ({"Variable": "$.n", "IsNumeric": True}, True),
        ({"Variable": "$.b", "IsNumeric": False}, True),
        ({"Variable": "$.missing", "IsPresent": False}, True),
        ({"And": [{"Variable": "$.n", "IsPresent": True}, {"Not": {"Variable": "$.n", "NumericEquals": 3}}]}, True),
        ({"Or": [{"Variable": "$.n", "NumericEquals": 9}, {"Variable": "$.b", "BooleanEquals": True}]}, False),
    ],
)
def test_a_choice_takes_the_first_rule_that_applies(rule, applies):
    data = {"s": "mug", "same": "mug", "n": 2, "b": False, "t": "2024-12-31T23:00:00Z", "none": None}
    states = {"A": {"Type": "Choice", "Choices": [rule | {"Next": "Yes"}], "Default": "No"}, "Yes": PASS, "No": PASS}
    assert run(states, data)[:2] == (data, ["A", "Yes" if applies else "No"])


def test_a_choice_without_a_matching_rule_fails():
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "B"}]}
    assert run({"A": choice, "B": PASS}, {"a": 2})[0] == (
        "States.NoChoiceMatched",
        'No rule applies to {"a": 2}, and there is no Default.',
    )
    unknown = choice | {"Choices": [{"Variable": "$.a", "IsOdd": True, "Next": "B"}]}
    assert run({"A": unknown, "B": PASS}, {"a": 2})[0] == (RUNTIME, "IsOdd: the local stack does not know this comparison.")


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Seconds": 90}, 90),
        ({"SecondsPath": "$.n"}, 7),
        ({"Timestamp": "2020-01-01T00:00:00Z"}, 0),
        ({"TimestampPath": "$.soon"}, 3600),
    ],
)
def test_a_wait_state_waits(fields, seconds):
    data = {"n": 7, "soon": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    output, _, waits = run({"A": {"Type": "Wait", "End": True, **fields}}, data)
    assert output == data
    assert waits == [pytest.approx(seconds, abs=30 if seconds == 3600 else 0)]


def test_a_map_runs_its_processor_for_every_item():
    state = {
        "Type": "Map",
        "ItemsPath": "$.shops",
        "ItemSelector": {"shop.$": "$$.Map.Item.Value", "number.$": "$$.Map.Item.Index", "day.$": "$.day"},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "T", "States": {"T": TASK}},
        "MaxConcurrency": 2,
        "ResultPath": "$.done",
        "End": True,
    }
    data = {"shops": ["a", "b", "c"], "day": "Monday"}
    output, _, _ = run(
        {"M": state}, data, lambda _, parameters: f"{parameters['shop']}{parameters['number']} {parameters['day']}"
    )
    assert output == data | {"done": ["a0 Monday", "b1 Monday", "c2 Monday"]}
    assert run({"M": state}, {"shops": [], "day": ""})[0]["done"] == []
    assert run({"M": state}, {"shops": 1, "day": ""})[0] == (RUNTIME, "$.shops: a Map state needs a list.")


def test_branches_run_at_the_same_time_and_keep_their_order():
    # GIVEN two tasks that wait for each other
    both = threading.Barrier(2, timeout=10)

    def call(resource, parameters):
        both.wait()
        return [resource, parameters]

    branches = [{"StartAt": name, "States": {name: TASK | {"Resource": name}}} for name in ("x", "y")]
    state = {"Type": "Parallel", "Branches": branches, "Parameters": {"n.$": "$.n"}, "End": True}
    assert run({"P": state}, {"n": 1}, call)[0] == [["x", {"n": 1}], ["y", {"n": 1}]]


@pytest.mark.parametrize("kind", ["Map", "Parallel"])
def test_a_failed_branch_stops_the_others_and_is_retried_and_caught(kind):
    # GIVEN one branch that fails at once and one that would wait for an hour
    attempts = []

    def call(resource, parameters, control):
        if resource == "fails":
            attempts.append(parameters)
            raise errors.Failure("Shop.Closed", "it is Sunday")
        control.sleep(3600)

    def choice(branch: str) -> dict[str, Any]:
        return {"StartAt": branch, "States": {branch: TASK | {"Resource": branch}}}

    route = {
        "StartAt": "Which",
        "States": {
            "Which": {"Type": "Choice", "Choices": [{"Variable": "$", "StringEquals": "fails", "Next": "F"}], "Default": "L"},
            "F": TASK | {"Resource": "fails"},
            "L": TASK | {"Resource": "lasts"},
        },
    }
    work = {"ItemProcessor": route} if kind == "Map" else {"Branches": [choice("lasts"), choice("fails")]}
    state = {
        "Type": kind,
        "Retry": [{"ErrorEquals": ["Shop.Closed"], "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}],
        "End": True,
        **work,
    }
    machine = Machine(
        {"StartAt": "A", "States": {"A": state, "B": PASS}}, call=call, emit=lambda *_, **__: None, wait=lambda *_: None
    )
    assert machine.run(["lasts", "fails"]) == {"Error": "Shop.Closed", "Cause": "it is Sunday"}
    assert len(attempts) == 2


def test_a_task_is_retried_with_growing_waits_and_then_caught():
    calls = []

    def call(resource, parameters):
        calls.append((resource, parameters))
        raise errors.Failure("States.TaskFailed", "no")

    retry = [{"ErrorEquals": ["Glue.Other"]}, {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2, "IntervalSeconds": 3}]
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "B"}]
    states = {"A": TASK | {"Retry": retry, "Catch": catch, "Parameters": {"n.$": "$.n"}}, "B": {"Type": "Pass", "End": True}}
    output, entered, waits = run(states, {"n": 1}, call)
    assert output == {"n": 1, "error": {"Error": "States.TaskFailed", "Cause": "no"}}
    assert (entered, waits, calls) == (["A", "B"], [3, 6], [("r", {"n": 1})] * 3)


def test_a_wait_between_retries_has_a_maximum():
    def call(*_):
        raise errors.Failure("X", "no")

    retry = [{"ErrorEquals": ["X"], "IntervalSeconds": 10, "MaxDelaySeconds": 25, "JitterStrategy": "NONE"}]
    assert run({"A": TASK | {"Retry": retry}}, {}, call) == (("X", "no"), ["A"], [10, 20, 25])


def test_a_task_that_succeeds_at_a_later_attempt_goes_on_with_its_result():
    answers = iter([errors.Failure("X", "once"), {"id": 5}])

    def call(*_):
        answer = next(answers)
        if isinstance(answer, errors.Failure):
            raise answer
        return answer

    states = {"A": TASK | {"Retry": [{"ErrorEquals": ["States.ALL"]}], "ResultSelector": {"got.$": "$.id"}, "ResultPath": "$.r"}}
    assert run(states, {"n": 1}, call) == ({"n": 1, "r": {"got": 5}}, ["A"], [1])


def test_errors_of_the_definition_are_not_caught():
    task = TASK | {"InputPath": "$.no", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A"}]}
    assert output_of(task, {}) == (RUNTIME, "$.no: there is nothing at this path in {}.")


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"Type": "Spin", "End": True},
         "A: the local stack runs Pass, Task, Choice, Wait, Map, Parallel, Succeed, Fail states; this one is a Spin."),
        (TASK | {"HeartbeatSeconds": 3}, "A: the local stack does not know HeartbeatSeconds of a Task state."),
        ({"Type": "Pass", "Parameters": {"a.$": "$.a[?(@.b)]"}, "End": True},
         "$.a[?(@.b)]: the local stack reads paths such as $.a.b, $.a[0] and $.a[*].b, and no others."),
        ({"Type": "Parallel", "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Spin"}}}], "End": True},
         "I: the local stack runs Pass, Task, Choice, Wait, Map, Parallel, Succeed, Fail states; this one is a Spin."),
        ({"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "States": {}}, "End": True},
         "A: the local stack runs inline maps; this one is distributed."),
    ],
)  # fmt: skip
def test_anything_unknown_is_refused_by_name(state, sentence):
    assert output_of(state, {}) == (RUNTIME, sentence)


def test_unknown_functions_and_languages_are_refused():
    name, cause = output_of({"Type": "Pass", "Parameters": {"a.$": "States.Hash($.a, 'MD5')"}, "End": True}, {"a": 1})
    assert (name, cause.partition(", and no others")[0].rpartition(" ")[2]) == (RUNTIME, "States.UUID")
    assert run({"A": PASS}, {}, QueryLanguage="JSONata")[0] == (
        RUNTIME,
        "JSONata: the local stack runs state machines in JSONPath.",
    )
    assert output_of({"Type": "Pass", "Parameters": {"a.$": "States.Format('{}')"}, "End": True}, {}) == (
        "States.IntrinsicFailure",
        "States.Format: 1 placeholders, but 0 values",
    )
