"""The pipelines of the models: valid for SageMaker's own API, without loose references, isolated and encrypted."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from stacks.pipelines import PIPELINES, Places, definition, scoring_job

PLACES = Places(
    image="image",
    role="arn:aws:iam::111122223333:role/models",
    key="arn:aws:kms:eu-central-1:111122223333:key/1",
    curated="s3://curated",
    code="s3://assets/code.zip",
    code_file="code.zip",
    subnets=("subnet-1",),
    security_groups=("sg-1",),
)
# The API call that SageMaker makes for a step, and the argument that it adds itself.
CALLS = {
    "Processing": ("CreateProcessingJob", {"ProcessingJobName": "x"}),
    "Training": ("CreateTrainingJob", {"TrainingJobName": "x"}),
    "RegisterModel": ("CreateModelPackage", {}),
}


def pipeline(model: str) -> dict[str, Any]:
    return definition(model, source="thelook", group="shoplake-dev-churn-thelook", places=PLACES)


def steps(node: Any) -> Iterator[dict[str, Any]]:
    """All steps, with those behind a condition."""
    for step in node:
        yield step
        for branch in ("IfSteps", "ElseSteps"):
            yield from steps(step["Arguments"].get(branch, []))


def filled(node: Any) -> Any:
    """A value with text in place of the functions of pipelines."""
    if isinstance(node, list):
        return [filled(item) for item in node]
    if not isinstance(node, dict):
        return node
    return "text" if node.keys() & {"Get", "Std:Join", "Std:JsonGet"} else {key: filled(value) for key, value in node.items()}


def problems(call: str, arguments: dict[str, Any]) -> str:
    """What the published model of SageMaker's API says about the arguments of a call."""
    shape = get_session().get_service_model("sagemaker").operation_model(call).input_shape
    report: str = ParamValidator().validate(arguments, shape).generate_report()
    return report


def gets(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "Get" in node:
            yield node["Get"]
        for value in node.values():
            yield from gets(value)
    elif isinstance(node, list):
        for item in node:
            yield from gets(item)


LEARNING = ["Prepare", "Train", "Evaluate", "GoodEnough", "Register", "Refuse"]
# Anomalies are judged by injected frauds.
STEPS = {model: LEARNING if model == "churn" else ["Inject", *LEARNING] for model in PIPELINES}


@pytest.mark.parametrize("model", PIPELINES)
def test_every_step_is_a_valid_call_of_sagemakers_api(model: str) -> None:
    checked = [step for step in steps(pipeline(model)["Steps"]) if step["Type"] in CALLS]

    assert [step["Name"] for step in checked] == [name for name in STEPS[model] if name not in ("GoodEnough", "Refuse")]
    for step in checked:
        call, added = CALLS[step["Type"]]
        assert problems(call, {**added, **filled(step["Arguments"])}) == ""


def test_a_call_with_a_misspelled_or_missing_argument_is_found() -> None:
    arguments = filled(next(steps(pipeline("churn")["Steps"]))["Arguments"])
    broken = copy.deepcopy(arguments)
    broken["ProcessingResources"]["ClusterConfig"]["VolumeKmsKey"] = broken.pop("RoleArn")

    report = problems("CreateProcessingJob", {"ProcessingJobName": "x", **broken})

    assert 'Missing required parameter in input: "RoleArn"' in report
    assert 'Unknown parameter in ProcessingResources.ClusterConfig: "VolumeKmsKey"' in report


def test_a_scoring_job_is_a_valid_call_of_sagemakers_api() -> None:
    text = json.dumps(scoring_job(PLACES)).replace(
        '"States.Array($.item.package, $.item.table)"', '["churn", "customer_features"]'
    )

    assert problems("CreateProcessingJob", json.loads(text.replace('.$"', '"'))) == ""


@pytest.mark.parametrize("model", PIPELINES)
def test_every_reference_is_a_parameter_or_an_earlier_step(model: str) -> None:
    body = pipeline(model)
    known = {f"Parameters.{parameter['Name']}" for parameter in body["Parameters"]}
    known |= {"Execution.PipelineExecutionId", "Execution.StartDateTime"}
    earlier: set[str] = set()
    for step in body["Steps"]:
        for name in gets(step):
            assert name in known or re.match(r"Steps\.(\w+)\.", name)[1] in earlier, name  # type: ignore[index]
        earlier.add(step["Name"])
    names = [step["Name"] for step in steps(body["Steps"])]
    assert names == STEPS[model]
    assert all(re.fullmatch(r"[A-Za-z0-9\-_]{1,64}", name) for name in names)
    assert body["Version"] == "2020-12-01"


@pytest.mark.parametrize("model", PIPELINES)
def test_no_job_has_a_network_and_every_volume_and_output_is_encrypted(model: str) -> None:
    jobs = [step["Arguments"] for step in steps(pipeline(model)["Steps"]) if step["Type"] in ("Processing", "Training")]
    jobs.append(scoring_job(PLACES))

    assert len(jobs) == len(STEPS[model]) - 2
    for job in jobs:
        network = job.get("NetworkConfig", job)
        assert network["EnableNetworkIsolation"] is True
        assert network["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
        machine = job.get("ResourceConfig") or job["ProcessingResources"]["ClusterConfig"]
        output = job.get("OutputDataConfig") or job["ProcessingOutputConfig"]
        assert machine["VolumeKmsKeyId"] == output["KmsKeyId"] == PLACES.key
        assert job["RoleArn"] == PLACES.role


@pytest.mark.parametrize("model", PIPELINES)
def test_training_and_scoring_use_one_image(model: str) -> None:
    # A model is read only by the version of scikit-learn that wrote it.
    text = json.dumps([pipeline(model), scoring_job(PLACES)])

    assert set(re.findall(r'"(?:ImageUri|TrainingImage|Image)": "([^"]+)"', text)) == {"image"}
    assert len(re.findall(r'"(?:ImageUri|TrainingImage|Image)"', text)) == len(STEPS[model]) - 1


@pytest.mark.parametrize("model", PIPELINES)
def test_a_pipeline_reads_feature_tables_of_its_source_only(model: str) -> None:
    uris = set(re.findall(r'"s3://curated/[^"]*"', json.dumps([pipeline(model), scoring_job(PLACES)])))

    # A source named thelook_2 begins alike: the slash, or a folder of the execution, keeps it out.
    assert uris
    assert all("/source=thelook/" in uri or re.search(r"/_(models|scores)/\w+/source=thelook\"$", uri) for uri in uris)
