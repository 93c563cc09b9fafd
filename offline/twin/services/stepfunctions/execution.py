"""State machines that run: an execution that anyone starts in the twin follows the deployed definition, `.sync` included.

A task may start a Glue job, wait for it or not, and publish to a topic. Waits between attempts are a sixtieth of what is
defined, so that a minute is a second; nothing else is shortened.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from moto.core.utils import utcnow
from moto.stepfunctions import models

from offline.twin import persistence
from offline.twin.endpoint import ACCOUNT, REGION, connect
from offline.twin.services.stepfunctions.asl import FAILED, Failure, Machine
from offline.twin.shapes import fit

SHORTER = 60
POLL = 0.1
ENDED = ("SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT")
CALLS = {"glue:startJobRun": ("glue", "start_job_run"), "sns:publish": ("sns", "publish")}
PREFIX = "arn:aws:states:::"
_threads: list[threading.Thread] = []


class Execution(models.Execution):
    """An execution as the API shows it, and the thread that performs it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status = "RUNNING"
        self.events: list[dict[str, Any]] = []
        self._job_run: tuple[str, str] | None = None

    def get_execution_history(self, roleArn: str) -> list[dict[str, Any]]:  # noqa: N803, ARG002 - moto's name
        return self.events

    def stop(self, *_: Any, **__: Any) -> None:
        """Ends the execution, and the job that it waits for."""
        self._end("ABORTED", "ExecutionAborted")
        if self._job_run:
            connect("glue").batch_stop_job_run(JobName=self._job_run[0], JobRunIds=[self._job_run[1]])

    def tell(self, kind: str, **details: Any) -> None:
        number = len(self.events) + 1
        self.events.append({"timestamp": utcnow(), "type": kind, "id": number, "previousEventId": number - 1, **details})

    def perform(self, definition: str, role: str, lake: Path) -> None:
        """Runs to the end, and writes down what came of it."""
        context = {
            "Execution": {"Id": self.execution_arn, "Name": self.name, "Input": json.loads(self.execution_input or "{}")},
            "StateMachine": {"Id": self.state_machine_arn},
        }
        self.tell("ExecutionStarted", executionStartedEventDetails={"input": self.execution_input, "roleArn": role})
        machine = Machine(json.loads(definition), self._call, self.tell, lambda s: time.sleep(s / SHORTER), context)
        try:
            self.output = json.dumps(machine.run(context["Execution"]["Input"]))
            self._end("SUCCEEDED", "ExecutionSucceeded", executionSucceededEventDetails={"output": self.output})
        except Failure as failure:
            self._fail(failure.name, failure.cause)
        except Exception as error:  # noqa: BLE001 - an execution always has an end
            self._fail("States.Runtime", f"{type(error).__name__}: {error}")
        kept = ("name", "state_machine_arn", "execution_input", "status", "output", "cause", "error")
        shown = {name: getattr(self, name) for name in kept}
        shown |= {"start_date": self.start_date.isoformat(), "stop_date": self.stop_date and self.stop_date.isoformat()}
        events = [event | {"timestamp": event["timestamp"].isoformat()} for event in self.events]
        with suppress(OSError):
            persistence.write(folder(lake) / f"{self.name}.json", shown | {"events": events})

    def _fail(self, error: str, cause: str) -> None:
        if self.status not in ENDED:
            self.error, self.cause = error, cause
        self._end("FAILED", "ExecutionFailed", executionFailedEventDetails={"error": error, "cause": cause})

    def _end(self, status: str, kind: str, **details: Any) -> None:
        if self.status not in ENDED:
            self.status, self.stop_date = status, utcnow()
            self.tell(kind, **details)

    def _call(self, resource: str, parameters: Any) -> Any:
        if self.status in ENDED:
            raise Failure("States.Runtime", "The execution was stopped.")
        action, _, waits = resource.removeprefix(PREFIX).partition(".")
        if action not in CALLS or waits not in ("", "sync") or (waits and action != "glue:startJobRun"):
            raise Failure("States.Runtime", f"{resource}: the twin's state machines cannot do this; see CALLS in twin/states.py.")
        details = {
            "resourceType": action.partition(":")[0],
            "resource": action.partition(":")[2] + (f".{waits}" if waits else ""),
        }
        self.tell("TaskScheduled", taskScheduledEventDetails=details | {"region": REGION, "parameters": json.dumps(parameters)})
        try:
            result = self._api(action, parameters)
            if waits:
                self._job_run = (parameters["JobName"], result["JobRunId"])
                result = self._finished(*self._job_run)
        except Failure as failure:
            self.tell("TaskFailed", taskFailedEventDetails=details | {"error": failure.name, "cause": failure.cause})
            raise
        finally:
            self._job_run = None
        self.tell("TaskSucceeded", taskSucceededEventDetails=details | {"output": json.dumps(result)})
        return result

    def _api(self, action: str, parameters: Any) -> dict[str, Any]:
        service, operation = CALLS[action]
        client = connect(service)
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape
        try:
            answer: dict[str, Any] = getattr(client, operation)(**fit(parameters, shape))
        except ClientError as error:
            told = error.response["Error"]
            raise Failure(f"{service.capitalize()}.{told['Code']}", told.get("Message", "")) from error
        answer.pop("ResponseMetadata", None)
        return answer

    def _finished(self, name: str, run_id: str) -> dict[str, Any]:
        while True:
            run: dict[str, Any] = connect("glue").get_job_run(JobName=name, RunId=run_id)["JobRun"]
            shown: dict[str, Any] = json.loads(json.dumps(run, default=str))
            if run["JobRunState"] == "SUCCEEDED":
                return shown
            if run["JobRunState"] in ("FAILED", "STOPPED", "TIMEOUT", "ERROR"):
                raise Failure(FAILED, json.dumps(shown))
            time.sleep(POLL)


def folder(lake: Path) -> Path:
    """Where the records of past executions are."""
    return lake / "log" / "executions"


def install(lake: Path) -> None:
    """Makes moto's Step Functions perform what it starts."""
    backend = models.StepFunctionBackend
    started = backend.start_execution

    def start_execution(self: models.StepFunctionBackend, state_machine_arn: str, *args: Any, **kwargs: Any) -> models.Execution:
        machine = self.describe_state_machine(state_machine_arn)
        before = len(machine.executions)
        execution = started(self, state_machine_arn, *args, **kwargs)
        if len(machine.executions) > before and isinstance(execution, Execution):
            thread = threading.Thread(target=execution.perform, args=(machine.definition, machine.roleArn, lake), daemon=True)
            _threads.append(thread)
            thread.start()
        return execution

    models.Execution = Execution
    backend.start_execution = start_execution


def running() -> bool:
    """Whether an execution is under way."""
    return any(thread.is_alive() for thread in _threads)


def restore(shown: dict[str, Any]) -> None:
    """Brings back an execution that ended before the server did."""
    for machine in models.stepfunctions_backends[ACCOUNT][REGION].state_machines:
        if machine.arn == shown["state_machine_arn"]:
            execution = Execution(REGION, ACCOUNT, machine.name, shown["name"], machine.arn, shown["execution_input"])
            for name in ("status", "output", "cause", "error"):
                setattr(execution, name, shown[name])
            execution.start_date, execution.stop_date = (
                datetime.fromisoformat(shown[name]) if shown[name] else None for name in ("start_date", "stop_date")
            )
            execution.events = [event | {"timestamp": datetime.fromisoformat(event["timestamp"])} for event in shown["events"]]
            machine.executions.append(execution)
