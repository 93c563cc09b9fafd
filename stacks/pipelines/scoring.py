"""The job that scores one source with one approved version, as the parameters of a state."""

from __future__ import annotations

from typing import Any

from stacks.pipelines.definition import PIPELINES
from stacks.pipelines.jobs import Places, processing_input, processing_job

INSTANCE = "ml.m5.large"


def scoring_job(model: str, *, source: str, places: Places) -> dict[str, Any]:
    """Keys that end with `.$` are taken from the state's input: the job's name, and the version's number and model data."""
    table = PIPELINES[model].scored
    job = processing_job(
        "batch",
        [model],
        instance=INSTANCE,
        places=places,
        inputs={table: places.table(table, source)},
        outputs={"scores": places.scores(model, source)},
    )
    job["ProcessingInputs"].append(processing_input("model", {"S3Uri.$": "$.model_data"}))
    job["Environment"]["MODEL_VERSION.$"] = "$.version"
    return {"ProcessingJobName.$": "$.job_name", **job}
