"""State machines of a template: executions run, can be stopped and redriven, and outlive `down`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offline.twin import client
from offline.twin.client import Twin
from tests.unit.offline.twin.conftest import ZONES

ROLE = "arn:aws:iam::123456789012:role/batch"
SEND = {"QueueUrl.$": "$.queue", "MessageBody.$": "States.Format('{} is done', $.shop)"}
# For each shop in turn: shops that are closed are left out, the others are announced; then a minute's wait, then the check.
BATCH = {
    "StartAt": "Shops",
    "States": {
        "Shops": {
            "Type": "Map",
            "ItemsPath": "$.shops",
            "ItemSelector": {"shop.$": "$$.Map.Item.Value", "queue.$": "$.queue"},
            "MaxConcurrency": 1,
            "ItemProcessor": {
                "StartAt": "Open",
                "States": {
                    "Open": {
                        "Type": "Choice",
                        "Choices": [{"Variable": "$.shop", "StringMatches": "closed*", "Next": "Skip"}],
                        "Default": "Send",
                    },
                    "Skip": {"Type": "Pass", "End": True},
                    "Send": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": SEND, "End": True},
                },
            },
            "ResultPath": None,
            "Next": "Pause",
        },
        "Pause": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Check"},
        "Check": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:headBucket",
            "Parameters": {"Bucket.$": "$.bucket"},
            "ResultPath": None,
            "Next": "Done",
        },
        "Done": {"Type": "Succeed", "OutputPath": "$.shops"},
    },
}
TEMPLATE: dict[str, Any] = {
    "Resources": {
        **ZONES["Resources"],
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Batch": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"StateMachineName": "batch", "RoleArn": ROLE, "DefinitionString": json.dumps(BATCH)},
        },
    },
    "Outputs": {**ZONES["Outputs"], "Batch": {"Value": {"Ref": "Batch"}}, "Queue": {"Value": {"Ref": "Queue"}}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("executions")


@pytest.fixture(scope="module")
def twin(folder: Path, serve: Callable[..., Twin]) -> Twin:
    return serve(folder, TEMPLATE)


def start(twin: Twin, name: str, **data: Any) -> str:
    arguments = {"shops": ["mugs", "closed-1", "lids"], "queue": twin.output("Queue"), "seconds": 60, "bucket": "lake-raw"}
    started = twin.client("stepfunctions").start_execution(
        stateMachineArn=twin.output("Batch"), name=name, input=json.dumps(arguments | data)
    )
    arn: str = started["executionArn"]
    return arn


def finished(twin: Twin, arn: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        described: dict[str, Any] = twin.client("stepfunctions").describe_execution(executionArn=arn)
        del described["ResponseMetadata"]
        if described["status"] != "RUNNING":
            return described
        time.sleep(0.02)
    raise AssertionError("the execution did not end")


def history(twin: Twin, arn: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = twin.client("stepfunctions").get_execution_history(executionArn=arn)["events"]
    return events


def messages(twin: Twin) -> list[str]:
    received = twin.client("sqs").receive_message(QueueUrl=twin.output("Queue"), MaxNumberOfMessages=10)
    return [message["Body"] for message in received.get("Messages", [])]


def test_an_execution_follows_the_deployed_definition(twin: Twin) -> None:
    # WHEN
    arn = start(twin, "good")
    ended = finished(twin, arn)
    # THEN the open shops are announced, and the minute has taken about a second
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", ["mugs", "closed-1", "lids"])
    assert messages(twin) == ["mugs is done", "lids is done"]
    assert 0.9 < (ended["stopDate"] - ended["startDate"]).total_seconds() < 20
    assert ended["redriveStatus"] == "NOT_REDRIVABLE"
    kinds = [event["type"] for event in history(twin, arn)]
    assert (kinds[0], kinds[-1]) == ("ExecutionStarted", "ExecutionSucceeded")
    assert kinds.count("TaskSucceeded") == 3
    with pytest.raises(twin.client("stepfunctions").exceptions.ExecutionNotRedrivable, match="is SUCCEEDED"):
        twin.client("stepfunctions").redrive_execution(executionArn=arn)


def test_a_failed_execution_is_redriven_from_the_failed_state(twin: Twin) -> None:
    # GIVEN an execution that fails for want of a bucket
    arn = start(twin, "failed", bucket="later", seconds=0)
    ended = finished(twin, arn)
    assert (ended["status"], ended["error"], ended["redriveStatus"]) == ("FAILED", "S3.404", "REDRIVABLE")
    assert messages(twin) == ["mugs is done", "lids is done"]
    # WHEN the bucket is there, and the execution is redriven
    twin.client("s3").create_bucket(Bucket="later")
    twin.client("stepfunctions").redrive_execution(executionArn=arn)
    ended = finished(twin, arn)
    # THEN it succeeds, without another announcement
    assert (ended["status"], ended["redriveCount"]) == ("SUCCEEDED", 1)
    assert messages(twin) == []
    assert [event["type"] for event in history(twin, arn)].count("ExecutionRedriven") == 1


def test_an_execution_can_be_stopped(twin: Twin) -> None:
    arn = start(twin, "stopped", seconds=100_000)
    twin.client("stepfunctions").stop_execution(executionArn=arn)
    assert finished(twin, arn)["status"] == "ABORTED"
    messages(twin)


@pytest.mark.full
def test_executions_outlive_down(twin: Twin, folder: Path, serve: Callable[..., Twin]) -> None:
    # GIVEN an execution that has failed, and one that runs
    failed, running = start(twin, "again", bucket="much-later", seconds=0), start(twin, "running", seconds=100_000)
    before = finished(twin, failed), history(twin, failed)
    # WHEN
    assert client.down(twin.lake)
    later = serve(folder, TEMPLATE)
    # THEN the first is as it was, and the second was aborted
    assert (finished(later, failed), history(later, failed)) == before
    assert finished(later, running)["status"] == "ABORTED"
    # AND the first can still be redriven
    later.client("s3").create_bucket(Bucket="much-later")
    later.client("stepfunctions").redrive_execution(executionArn=failed)
    assert finished(later, failed)["status"] == "SUCCEEDED"
