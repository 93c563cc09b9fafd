"""Connects moto's Step Functions API to executions that run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.stepfunctions import models, responses

from offline.twin.services.stepfunctions.execution import UNSUCCESSFUL, Execution


class ExecutionNotRedrivable(AWSError):  # noqa: N818 - the API's name
    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


def install(lake: Path) -> None:
    """Makes StartExecution run the definition, and adds RedriveExecution."""
    backend, response = models.StepFunctionBackend, responses.StepFunctionResponse
    start, describe = backend.start_execution, response.describe_execution

    def start_execution(self: models.StepFunctionBackend, state_machine_arn: str, *args: Any, **kwargs: Any) -> models.Execution:
        machine = self.describe_state_machine(state_machine_arn)
        before = len(machine.executions)
        execution = start(self, state_machine_arn, *args, **kwargs)
        if len(machine.executions) > before and isinstance(execution, Execution):
            execution.start(machine, lake)
        return execution

    def redrive_execution(self: responses.StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        if not isinstance(execution, Execution) or execution.status not in UNSUCCESSFUL or execution.running:
            raise ExecutionNotRedrivable(f"{execution.execution_arn} is {execution.status} and cannot be redriven.")
        execution.redrive(self.stepfunction_backend.describe_state_machine(execution.state_machine_arn), lake)
        return ActionResult({"redriveDate": utcnow()})

    def describe_execution(self: responses.StepFunctionResponse) -> ActionResult:
        shown: Any = describe(self).result
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        redrivable = execution.status in UNSUCCESSFUL
        shown |= {"redriveCount": execution.redrives, "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE"}
        return ActionResult(shown | ({"stopDate": execution.stop_date} if execution.stop_date else {}))

    models.Execution = Execution
    backend.start_execution = start_execution
    response.describe_execution = describe_execution
    response.redrive_execution = redrive_execution
