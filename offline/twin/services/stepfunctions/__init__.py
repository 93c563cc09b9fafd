"""Step Functions: executions follow the deployed definition."""

from __future__ import annotations

from offline.twin import persistence
from offline.twin.service import Service, Setup
from offline.twin.services.stepfunctions import execution


class StepFunctions(Service):
    title = "Step Functions"
    adds = (
        "Executions run the deployed definition: Pass, Task, Succeed and Fail states, retries and catchers.",
        "Executions outlive `down`.",
    )
    leaves_out = (
        "A wait of a minute takes a second, between retries.",
        "Map, Parallel, Choice and Wait states are refused by name.",
    )

    def install(self, setup: Setup) -> None:
        self._lake = setup.lake
        execution.install(setup.lake)

    def restore(self) -> None:
        for record in persistence.read(execution.folder(self._lake)):
            execution.restore(record)

    def busy(self) -> bool:
        return execution.running()
