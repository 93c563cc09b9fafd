"""The last message of an execution that failed, to the topic of alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct


def failure_notice(scope: Construct, *, topic: sns.ITopic, subject: str, what: str, facts: Mapping[str, Any]) -> tasks.SnsPublish:
    """The state `Notify`; its message is `what`, the execution, and `facts`."""
    message = {"what": what, "execution": sfn.JsonPath.string_at("$$.Execution.Id"), **facts}
    return tasks.SnsPublish(
        scope,
        "Notify",
        topic=topic,
        subject=subject,
        message=sfn.TaskInput.from_object(message),
        result_path=sfn.JsonPath.DISCARD,
    )
