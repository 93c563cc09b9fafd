"""Tasks of state machines: calls of AWS's APIs in the local stack, some of which wait for what they have started."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, UnknownServiceError

from offline.twin.endpoint import connect
from offline.twin.record import FINAL_JOB_STATES
from offline.twin.services.stepfunctions.asl.control import Control
from offline.twin.services.stepfunctions.asl.errors import RUNTIME, TASK_FAILED, Failure
from offline.twin.shapes import fit, with_capitals

POLL_SECONDS = 0.1
PREFIX = "arn:aws:states:::"
ERROR_PREFIXES = {"dynamodb": "DynamoDB", "sfn": "Sfn", "sns": "SNS", "sqs": "SQS"}
CLIENTS = {"sfn": "stepfunctions"}
"""Services that a task names differently from boto3."""


def details(resource: str) -> dict[str, str]:
    """The resource as the history's events have it."""
    service, _, action = resource.removeprefix(PREFIX).removeprefix("aws-sdk:").partition(":")
    return {"resourceType": service, "resource": action}


def call(resource: str, parameters: Any, control: Control) -> Any:
    """The result of a task; Failure when the call fails or is not possible here."""
    service, _, action = resource.removeprefix(PREFIX).removeprefix("aws-sdk:").partition(":")
    action, _, pattern = action.partition(".")
    wait = WAITS.get(f"{service}:{action}") if pattern == "sync" else None
    if not resource.startswith(PREFIX) or (pattern and wait is None):
        raise Failure(RUNTIME, f"{resource}: the local stack cannot run this task; see offline/twin/services/stepfunctions.")
    result = _request(service, xform_name(action), parameters, capitals="aws-sdk:" in resource)
    return wait(parameters, result, control) if wait else result


def _request(service: str, operation: str, parameters: Any, *, capitals: bool) -> dict[str, Any]:
    """`capitals`: the result's fields begin with capital letters, whatever the API's own do."""
    try:
        client = connect(CLIENTS.get(service, service))
    except UnknownServiceError:
        raise Failure(RUNTIME, f"{service}: there is no such service.") from None
    if operation not in client.meta.method_to_api_mapping:
        raise Failure(RUNTIME, f"{service}: there is no operation {operation}.")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation])
    prefix = ERROR_PREFIXES.get(service, service.capitalize())
    try:
        response: dict[str, Any] = getattr(client, operation)(**fit(parameters, model.input_shape))
    except ClientError as error:
        raise Failure(f"{prefix}.{error.response['Error']['Code']}", error.response["Error"].get("Message", "")) from error
    except BotoCoreError as error:
        raise Failure(f"{prefix}.SdkClientException", str(error)) from error
    response.pop("ResponseMetadata", None)
    return _as_json(with_capitals(response, model.output_shape) if capitals else response)


def _wait_for_job_run(parameters: Any, started: dict[str, Any], control: Control) -> dict[str, Any]:
    """The job run when it has succeeded. A run that is no longer waited for is stopped."""
    glue, name, run_id = connect("glue"), parameters["JobName"], started["JobRunId"]
    while True:
        run = _as_json(glue.get_job_run(JobName=name, RunId=run_id)["JobRun"])
        if run["JobRunState"] == "SUCCEEDED":
            return run
        if run["JobRunState"] in FINAL_JOB_STATES:
            raise Failure(TASK_FAILED, json.dumps(run))
        try:
            control.sleep(POLL_SECONDS)
        except Exception:
            with suppress(BotoCoreError, ClientError):
                glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
            raise


WAITS: dict[str, Callable[[Any, dict[str, Any], Control], dict[str, Any]]] = {"glue:startJobRun": _wait_for_job_run}
"""Tasks with `.sync`, and how each waits."""


def _as_json(value: Any) -> dict[str, Any]:
    """Times as text, so that later states can use the value."""
    converted: dict[str, Any] = json.loads(json.dumps(value, default=str))
    return converted
