"""The job that scores one source with one approved version, as the parameters of a state; and what there is to score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stacks.pipelines.definition import PIPELINES
from stacks.pipelines.jobs import Places, processing_input, processing_job
from stacks.pipelines.names import model_name

INSTANCE = "ml.m5.large"


def scoring_items(prefix: str, sources: Sequence[str], places: Places) -> list[dict[str, str]]:
    """One item per model and source, in the order in which they are scored."""
    return [
        {
            "model": model,
            "package": own.package,
            "table": own.scored,
            "group": model_name(prefix, model, source),
            "features": places.table(own.scored, source),
            "scores": places.scores(model, source),
        }
        for source in sources
        for model, own in PIPELINES.items()
    ]


def scoring_job(places: Places) -> dict[str, Any]:
    """The request of a processing job. Keys that end with `.$` are taken from the state's input: the item, and the version."""
    job = processing_job("batch", [], instance=INSTANCE, places=places, inputs={}, outputs={"scores": ""})
    app, output = job["AppSpecification"], job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    app["ContainerArguments.$"] = "States.Array($.item.package, $.item.table)"
    del app["ContainerArguments"], output["S3Uri"]
    output["S3Uri.$"] = "$.item.scores"
    job["ProcessingInputs"] += [
        processing_input("features", {"S3Uri.$": "$.item.features"}),
        processing_input("model", {"S3Uri.$": "$.version.data"}),
    ]
    job["Environment"]["MODEL_VERSION.$"] = "$.version.number"
    return {"ProcessingJobName.$": "$.version.job", **job}
