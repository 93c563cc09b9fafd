"""A pipeline in SageMaker's JSON: process → train → evaluate → condition → register. Anomalies begin with injected frauds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stacks.pipelines.jobs import Places, processing_job, training_job

VERSION = "2020-12-01"
WORLDS = "fraud_worlds"
INJECTED = f"Steps.Inject.ProcessingOutputConfig.Outputs['{WORLDS}'].S3Output.S3Uri"
TRAIN_OUTPUT = "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"
EVALUATION = "Steps.Evaluate.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri"
MODEL_DATA = "Steps.Train.ModelArtifacts.S3ModelArtifacts"
CONTENT_TYPES = ("text/csv", "application/json")


@dataclass(frozen=True)
class ModelPipeline:
    """What differs between models: the package of their scripts below sagemaker, the tables of curated that they are trained on,
    the one that is scored, and the tables that frauds are injected into.

    Nothing is registered below the quality `least`: the lower end of the ROC AUC's interval, of which .5 is a guess, or the
    recall of injected frauds.
    """

    package: str
    tables: tuple[str, ...]
    scored: str
    least: float
    injected: tuple[str, ...] = ()

    @property
    def read(self) -> tuple[str, ...]:
        """All tables of curated that training and scoring read."""
        return tuple(dict.fromkeys([*self.tables, self.scored, *self.injected]))


def _anomaly(features: str, facts: str) -> ModelPipeline:
    """A model of one grain: its table of features, and the facts from which they are computed."""
    return ModelPipeline("anomaly", (features,), features, 0.2, injected=(features, facts))


PIPELINES: Mapping[str, ModelPipeline] = {
    "churn": ModelPipeline("churn", ("customer_features", "churn_labels"), "customer_features", 0.5),
    "anomaly": _anomaly("order_features", "fct_order_items"),
    "session_anomaly": _anomaly("session_features", "fct_sessions"),
    "customer_anomaly": _anomaly("customer_features", "fct_order_items"),
}


def definition(model: str, *, source: str, group: str, places: Places) -> dict[str, Any]:
    """The pipeline of a model and a source, which registers versions in a model package group."""
    base = places.models(model, source)
    steps = [
        *_inject(model, source, places),
        _prepare(model, source, places),
        _train(model, base, places),
        _evaluate(model, base, places),
    ]
    # Without PipelineExperimentConfig: an experiment per run would need a role that may create experiments and trials.
    return {
        "Version": VERSION,
        "Metadata": {},
        "Parameters": [
            {"Name": "TrainingInstanceType", "Type": "String", "DefaultValue": "ml.m5.xlarge"},
            {"Name": "ProcessingInstanceType", "Type": "String", "DefaultValue": "ml.m5.large"},
            {"Name": "Hyperparameters", "Type": "String", "DefaultValue": f'{{"source": "{source}"}}'},
            {"Name": "LeastQuality", "Type": "Float", "DefaultValue": PIPELINES[model].least},
        ],
        "Steps": [*steps, _condition(model, source, group, places)],
    }


def _inject(model: str, source: str, places: Places) -> list[dict[str, Any]]:
    """The step that makes copies of the shop with injected frauds, if the model is judged by them."""
    inputs: dict[str, Any] = {name: places.table(name, source) for name in PIPELINES[model].injected}
    output = (WORLDS, places.models(model, source))
    step = _processing_step("Inject", "inject", [PIPELINES[model].package, source], places=places, inputs=inputs, output=output)
    return [step] if inputs else []


def _prepare(model: str, source: str, places: Places) -> dict[str, Any]:
    own, base = PIPELINES[model], places.models(model, source)
    inputs: dict[str, Any] = {name: places.table(name, source) for name in own.tables}
    if own.injected:
        inputs[WORLDS] = {"Get": INJECTED}
    return _processing_step("Prepare", "prepare", [*inputs], places=places, inputs=inputs, output=("train", base))


def _train(model: str, base: str, places: Places) -> dict[str, Any]:
    arguments = training_job(
        f"{PIPELINES[model].package}.train",
        instance={"Get": "Parameters.TrainingInstanceType"},
        places=places,
        data={"Get": TRAIN_OUTPUT},
        hyperparameters={"Get": "Parameters.Hyperparameters"},
        output=_of_execution(base, "trained"),
    )
    return {"Name": "Train", "Type": "Training", "Arguments": arguments}


def _evaluate(model: str, base: str, places: Places) -> dict[str, Any]:
    job = [{"Get": "Steps.Train.OutputDataConfig.S3OutputPath"}, {"Get": "Steps.Train.TrainingJobName"}]
    inputs = {"model": {"Get": MODEL_DATA}, "output": _joined([*job, "output/output.tar.gz"])}
    step = _processing_step(
        "Evaluate", "evaluate", [PIPELINES[model].package], places=places, inputs=inputs, output=("evaluation", base)
    )
    file = {"PropertyFileName": "evaluation", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    return {**step, "PropertyFiles": [file]}


def _processing_step(
    name: str, script: str, arguments: list[str], *, places: Places, inputs: Mapping[str, Any], output: tuple[str, str]
) -> dict[str, Any]:
    job = processing_job(
        script,
        arguments,
        instance={"Get": "Parameters.ProcessingInstanceType"},
        places=places,
        inputs=inputs,
        outputs={output[0]: _of_execution(output[1], output[0])},
    )
    return {"Name": name, "Type": "Processing", "Arguments": job}


def _condition(model: str, source: str, group: str, places: Places) -> dict[str, Any]:
    low = {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.evaluation"}, "Path": "quality.low"}
    good = {
        "Type": "GreaterThanOrEqualTo",
        "LeftValue": {"Std:JsonGet": low},
        "RightValue": {"Get": "Parameters.LeastQuality"},
    }
    reason = (
        f"{model} of {source}: the quality on later data is below LeastQuality, so nothing was registered; see evaluation.json."
    )
    refuse = {"Name": "Refuse", "Type": "Fail", "Arguments": {"ErrorMessage": reason}}
    arguments = {"Conditions": [good], "IfSteps": [_register(model, source, group, places)], "ElseSteps": [refuse]}
    return {"Name": "GoodEnough", "Type": "Condition", "Arguments": arguments}


def _register(model: str, source: str, group: str, places: Places) -> dict[str, Any]:
    statistics = {"ContentType": "application/json", "S3Uri": _joined([{"Get": EVALUATION}, "metrics.json"])}
    facts = {"model": model, "source": source, "code": places.code_file, "trained_at": {"Get": "Execution.StartDateTime"}}
    arguments = {
        "ModelPackageGroupName": group,
        "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
        "CustomerMetadataProperties": facts,
        "InferenceSpecification": {
            "Containers": [{"Image": places.image, "ModelDataUrl": {"Get": MODEL_DATA}}],
            "SupportedContentTypes": [*CONTENT_TYPES],
            "SupportedResponseMIMETypes": [*CONTENT_TYPES],
        },
        "ModelApprovalStatus": "PendingManualApproval",
    }
    return {"Name": "Register", "Type": "RegisterModel", "Arguments": arguments}


def _of_execution(base: str, name: str) -> dict[str, Any]:
    """A folder of one execution, so that runs at the same time do not mix."""
    return _joined([base, {"Get": "Execution.PipelineExecutionId"}, name])


def _joined(parts: list[Any]) -> dict[str, Any]:
    return {"Std:Join": {"On": "/", "Values": parts}}
