"""Connects moto's Glue API to the executor."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.glue import models, responses

from offline.twin.services.glue.executor import Executor
from offline.twin.services.glue.runs import Run


def install(executor: Executor) -> None:
    """Makes StartJobRun submit to the executor and BatchStopJobRun stop there."""
    start = models.GlueBackend.start_job_run

    def start_job_run(self: models.GlueBackend, name: str, *args: Any, **kwargs: Any) -> str:
        run_id: str = start(self, name, *args, **kwargs)
        job = self.get_job(name)
        run = next(run for run in job.job_runs if run.job_run_id == run_id)
        assert isinstance(run, Run)
        executor.submit(job, run)
        return run_id

    def batch_stop_job_run(self: responses.GlueResponse) -> ActionResult:
        name, requested = self._get_param("JobName"), self._get_param("JobRunIds")
        runs = {run.job_run_id: run for run in self.glue_backend.get_job(name).job_runs}
        for run_id in requested:
            if isinstance(run := runs.get(run_id), Run):
                executor.stop_run(run)
        missing = {"ErrorCode": "JobRunNotFoundException", "ErrorMessage": "There is no such run."}
        return ActionResult(
            {
                "SuccessfulSubmissions": [{"JobName": name, "JobRunId": run_id} for run_id in requested if run_id in runs],
                "Errors": [{"JobName": name, "JobRunId": i, "ErrorDetail": missing} for i in requested if i not in runs],
            }
        )

    models.FakeJobRun = Run
    models.GlueBackend.start_job_run = start_job_run
    responses.GlueResponse.batch_stop_job_run = batch_stop_job_run
