"""An execution of a state machine: as the API shows it, the thread that runs it, and its record in the lake's folder."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from moto.core.utils import utcnow
from moto.stepfunctions import models

from offline.twin import persistence
from offline.twin.endpoint import ACCOUNT, REGION
from offline.twin.services.stepfunctions import tasks
from offline.twin.services.stepfunctions.asl.control import Control
from offline.twin.services.stepfunctions.asl.errors import RUNTIME, ExecutionTimedOut, Failure, Interrupted
from offline.twin.services.stepfunctions.asl.machine import Machine

SHORTENED = 60
"""A minute's wait takes a second."""
UNSUCCESSFUL = ("FAILED", "ABORTED", "TIMED_OUT")
FIELDS = ("name", "state_machine_arn", "execution_input", "status", "output", "cause", "error", "position", "redrives")
TIMES = ("start_date", "stop_date")


class Execution(models.Execution):
    """An execution that really runs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status = "RUNNING"
        self.events: list[dict[str, Any]] = []
        self.position: tuple[str, Any] | None = None
        self.redrives = 0
        self._control = Control()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, state_machine: models.StateMachine, lake: Path) -> None:
        """Runs in a thread, from `position` on if there is one."""
        self._thread = threading.Thread(
            target=self._run, args=(state_machine.definition, state_machine.roleArn, lake), daemon=True
        )
        self._thread.start()

    def redrive(self, state_machine: models.StateMachine, lake: Path) -> None:
        """Runs again from the state that did not succeed."""
        self.redrives += 1
        self.status, self.stop_date, self.error, self.cause, self._control = "RUNNING", None, None, None, Control()
        self.emit("ExecutionRedriven", executionRedrivenEventDetails={"redriveCount": self.redrives})
        self.start(state_machine, lake)

    def stop(self, *_: Any, **__: Any) -> None:
        """Ends the execution, and the job that it waits for."""
        self._end("ABORTED", "ExecutionAborted")
        self._control.stop()

    def wait(self, seconds: float) -> None:
        """Waits until the thread has ended."""
        if self._thread:
            self._thread.join(seconds)

    def get_execution_history(self, roleArn: str) -> list[dict[str, Any]]:  # noqa: N803, ARG002 - moto's name
        return self.events

    def emit(self, kind: str, **details: Any) -> None:
        """Adds an event to the history."""
        with self._lock:
            number = len(self.events) + 1
            self.events.append({"timestamp": utcnow(), "type": kind, "id": number, "previousEventId": number - 1, **details})

    def _run(self, definition: str, role: str, lake: Path) -> None:
        context = {
            "Execution": {"Id": self.execution_arn, "Name": self.name, "Input": json.loads(self.execution_input or "{}")},
            "StateMachine": {"Id": self.state_machine_arn},
        }
        if not self.events:
            self.emit("ExecutionStarted", executionStartedEventDetails={"input": self.execution_input, "roleArn": role})
        machine = Machine(
            json.loads(definition),
            call=self._call,
            emit=self.emit,
            wait=lambda seconds, control: control.sleep(seconds / SHORTENED),
            context=context,
            control=self._control,
            position=self.position,
        )
        try:
            output = json.dumps(machine.run(context["Execution"]["Input"]))
            self._end("SUCCEEDED", "ExecutionSucceeded", {"output": output})
        except Interrupted:
            self._end("ABORTED", "ExecutionAborted")
        except ExecutionTimedOut:
            self._end("TIMED_OUT", "ExecutionTimedOut")
        except Failure as failure:
            self._fail(failure.name, failure.cause)
        except Exception as error:  # noqa: BLE001 - an execution always ends
            self._fail(RUNTIME, f"{type(error).__name__}: {error}")
        self.position = machine.position
        with suppress(OSError):
            if lake.exists():
                persistence.write(folder(lake) / f"{self.name}.json", self._record())

    def _fail(self, error: str, cause: str) -> None:
        self._end("FAILED", "ExecutionFailed", {"error": error, "cause": cause})

    def _end(self, status: str, kind: str, result: dict[str, str] | None = None) -> None:
        """Ends the execution with these fields, unless it has been stopped before."""
        if self.status != "RUNNING":
            return
        self.emit(kind, **({f"{kind[0].lower()}{kind[1:]}EventDetails": result} if result else {}))
        for name, value in (result or {}).items():
            setattr(self, name, value)
        self.stop_date, self.status = utcnow(), status

    def _call(self, resource: str, parameters: Any, control: Control) -> Any:
        details = tasks.details(resource)
        self.emit("TaskScheduled", taskScheduledEventDetails=details | {"region": REGION, "parameters": json.dumps(parameters)})
        try:
            result = tasks.call(resource, parameters, control)
        except Failure as failure:
            self.emit("TaskFailed", taskFailedEventDetails=details | {"error": failure.name, "cause": failure.cause})
            raise
        self.emit("TaskSucceeded", taskSucceededEventDetails=details | {"output": json.dumps(result)})
        return result

    def _record(self) -> dict[str, Any]:
        record = {name: getattr(self, name) for name in FIELDS}
        record |= {name: time.isoformat() if (time := getattr(self, name)) else None for name in TIMES}
        return record | {"events": [event | {"timestamp": event["timestamp"].isoformat()} for event in self.events]}


def folder(lake: Path) -> Path:
    """Where the records of past executions are."""
    return lake / "log" / "executions"


def from_record(record: dict[str, Any], machine_name: str) -> Execution:
    """The execution that a record describes."""
    execution = Execution(REGION, ACCOUNT, machine_name, record["name"], record["state_machine_arn"], record["execution_input"])
    for name in FIELDS:
        setattr(execution, name, record.get(name, getattr(execution, name)))
    for name in TIMES:
        setattr(execution, name, datetime.fromisoformat(record[name]) if record[name] else None)
    execution.events = [event | {"timestamp": datetime.fromisoformat(event["timestamp"])} for event in record["events"]]
    return execution
