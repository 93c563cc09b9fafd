"""Step Functions: executions run the deployed definition, in our own interpreter (docs/decisions/0006)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.stepfunctions.models import stepfunctions_backends

from offline.twin import persistence
from offline.twin.endpoint import ACCOUNT, REGION
from offline.twin.service import Service, Setup
from offline.twin.services.stepfunctions import api
from offline.twin.services.stepfunctions.execution import Execution, folder, from_record

STOP_SECONDS = 5.0


class StepFunctions(Service):
    title = "Step Functions"
    adds = (
        "StartExecution runs the deployed definition: all state types in JSONPath, retries, catchers and timeouts.",
        "RedriveExecution. A redriven Map or Parallel state repeats all its branches.",
        "Executions outlive `down`; those that are running are aborted.",
    )
    leaves_out = (
        "A wait of a minute takes a second, in Wait states and between retries. Timeouts are not shortened.",
        "JSONata, activities, task tokens, heartbeats, distributed maps, and intrinsic functions not listed in asl/paths.py.",
        "Tasks call the API of any service; only `glue:startJobRun` waits for its end (`.sync`).",
    )

    def install(self, setup: Setup) -> None:
        self._lake = setup.lake
        api.install(setup.lake)

    def restore(self) -> None:
        machines = {machine.arn: machine for machine in _machines()}
        names = {arn: machine.name for arn, machine in machines.items()}
        # An execution of a state machine that no longer exists is skipped like a damaged record.
        for execution in persistence.read(
            folder(self._lake), lambda record: from_record(record, names[record["state_machine_arn"]])
        ):
            machines[execution.state_machine_arn].executions.append(execution)

    def busy(self) -> bool:
        return any(execution.running for execution in _executions())

    def stop(self) -> None:
        running = [execution for execution in _executions() if execution.running]
        for execution in running:
            execution.stop()
        for execution in running:
            execution.wait(STOP_SECONDS)


def _machines() -> list[Any]:
    machines: list[Any] = stepfunctions_backends[ACCOUNT][REGION].state_machines
    return machines


def _executions() -> Iterator[Execution]:
    return (execution for machine in _machines() for execution in machine.executions)
