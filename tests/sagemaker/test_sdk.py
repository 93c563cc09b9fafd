"""The pipeline definition against SageMaker's own SDK, which builds the same pipeline with its classes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stacks.pipelines import PIPELINES, Places, definition
from stacks.pipelines.image import REGISTRIES, REPOSITORY

pytestmark = pytest.mark.filterwarnings("ignore")

PLACES = Places(
    image="image",
    role="arn:aws:iam::111122223333:role/models",
    key="key",
    curated="s3://curated",
    code="s3://assets/code.zip",
    code_file="code.zip",
    subnets=("subnet-1",),
    security_groups=("sg-1",),
)
STEP = {
    "PYTHONPATH": "/opt/ml/processing/input/code/code.zip",
    "STEP_INPUTS": "/opt/ml/processing/input",
    "STEP_OUTPUTS": "/opt/ml/processing/output",
    "STEP_MESSAGE": "/opt/ml/output/message",
}
DATA = "/opt/ml/input/data"
TRAINING = {
    "PYTHONPATH": f"{DATA}/code/code.zip",
    "SM_CHANNELS": '["train"]',
    "SM_CHANNEL_TRAIN": f"{DATA}/train",
    "SM_MODEL_DIR": "/opt/ml/model",
    "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
}
# What the SDK adds on its own: defaults of the API, and settings of a debugger that we do not use.
OF_THE_SDK = ("AppManaged", "DebugHookConfig", "Bias", "Explainability", "SkipModelValidation")


@pytest.fixture(scope="module", autouse=True)
def _quiet(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The SDK sends no telemetry, and finds an account of its own."""
    file = tmp_path_factory.mktemp("sdk") / "config.yaml"
    file.write_text("SchemaVersion: '1.0'\nSageMaker: {PythonSDK: {Modules: {TelemetryOptOut: true}}}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(file))
        patch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        yield


# The table of features of each anomaly model, and the facts that frauds are injected into.
INJECTED = {
    "anomaly": ("order_features", "fct_order_items"),
    "session_anomaly": ("session_features", "fct_sessions"),
    "customer_anomaly": ("customer_features", "fct_order_items"),
}


def of_the_sdk(model: str) -> dict[str, Any]:
    """The pipeline of a model and the source shop, by the SDK's classes."""
    from sagemaker.workflow.parameters import ParameterFloat, ParameterString
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.pipeline_context import PipelineSession

    session = PipelineSession(default_bucket="bucket")
    training = ParameterString("TrainingInstanceType", default_value="ml.m5.xlarge")
    processing = ParameterString("ProcessingInstanceType", default_value="ml.m5.large")
    settings = ParameterString("Hyperparameters", default_value='{"source": "shop"}')
    least = ParameterFloat("LeastQuality", default_value=0.2 if model in INJECTED else 0.5)
    steps, inputs = [], of_curated("customer_features", "churn_labels")
    if model in INJECTED:
        own = INJECTED[model]
        options = {"script": "inject", "arguments": ["anomaly", "shop"], "inputs": of_curated(*own)}
        inject = step_of(session, "Inject", processing, **options, output=of_execution(model, "fraud_worlds"))
        worlds = inject.properties.ProcessingOutputConfig.Outputs["fraud_worlds"].S3Output.S3Uri
        steps, inputs = [inject], of_curated(own[0]) | {"fraud_worlds": worlds}
    options = {"script": "prepare", "arguments": [*inputs], "inputs": inputs}
    prepare = step_of(session, "Prepare", processing, **options, output=of_execution(model, "train"))
    train = trained(session, training, settings, prepare, model=model)
    evaluate, evaluation = evaluated(session, processing, train, model=model)
    pipeline = Pipeline(
        "name",
        pipeline_experiment_config=None,
        parameters=[training, processing, settings, least],
        steps=[*steps, prepare, train, evaluate, condition(session, train, evaluate, evaluation, least, model=model)],
        sagemaker_session=session,
    )
    return dict(json.loads(pipeline.definition()))


def package_of(model: str) -> str:
    return "anomaly" if model in INJECTED else model


def of_curated(*names: str) -> dict[str, Any]:
    return {name: f"s3://curated/{name}/source=shop/" for name in names}


def of_execution(model: str, name: str) -> tuple[str, Any]:
    """An output's name and place."""
    from sagemaker.workflow.execution_variables import ExecutionVariables
    from sagemaker.workflow.functions import Join

    base = f"s3://curated/_models/{model}/source=shop"
    return name, Join(on="/", values=[base, ExecutionVariables.PIPELINE_EXECUTION_ID, name])


def network() -> Any:
    from sagemaker.network import NetworkConfig

    return NetworkConfig(enable_network_isolation=True, subnets=["subnet-1"], security_group_ids=["sg-1"])


def step_of(
    session: Any,
    name: str,
    instance: Any,
    *,
    script: str,
    arguments: list[str],
    inputs: Mapping[str, Any],
    output: tuple[str, Any],
    files: Any = None,
) -> Any:
    from sagemaker.processing import ProcessingInput, ProcessingOutput, Processor
    from sagemaker.workflow.steps import ProcessingStep

    processor = Processor(
        role=PLACES.role,
        image_uri="image",
        instance_count=1,
        instance_type=instance,
        entrypoint=["python3", "-m", f"model_lib.{script}"],
        volume_size_in_gb=10,
        volume_kms_key="key",
        output_kms_key="key",
        max_runtime_in_seconds=3600,
        env=STEP,
        sagemaker_session=session,
        network_config=network(),
    )
    places = {"code": "s3://assets/code.zip", **inputs}
    run = processor.run(
        inputs=[
            ProcessingInput(input_name=key, source=uri, destination=f"/opt/ml/processing/input/{key}")
            for key, uri in places.items()
        ],
        outputs=[ProcessingOutput(output_name=output[0], source=f"/opt/ml/processing/output/{output[0]}", destination=output[1])],
        arguments=arguments,
    )
    return ProcessingStep(name, step_args=run, property_files=files)


def trained(session: Any, instance: Any, settings: Any, prepare: Any, *, model: str) -> Any:
    from sagemaker.estimator import Estimator
    from sagemaker.inputs import TrainingInput
    from sagemaker.workflow.steps import TrainingStep

    estimator = Estimator(
        image_uri="image",
        role=PLACES.role,
        instance_count=1,
        instance_type=instance,
        container_entry_point=["python3", "-m", f"{package_of(model)}.train"],
        environment={**TRAINING, "SM_HPS": settings},
        enable_network_isolation=True,
        subnets=["subnet-1"],
        security_group_ids=["sg-1"],
        volume_size=10,
        volume_kms_key="key",
        output_kms_key="key",
        output_path=of_execution(model, "trained")[1],
        max_run=3600,
        disable_profiler=True,
        sagemaker_session=session,
    )
    train = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    channels = {"train": TrainingInput(train), "code": TrainingInput("s3://assets/code.zip")}
    return TrainingStep("Train", step_args=estimator.fit(channels))


def evaluated(session: Any, instance: Any, train: Any, *, model: str) -> tuple[Any, Any]:
    from sagemaker.workflow.functions import Join
    from sagemaker.workflow.properties import PropertyFile

    file = PropertyFile("evaluation", "evaluation", "evaluation.json")
    job = [train.properties.OutputDataConfig.S3OutputPath, train.properties.TrainingJobName, "output/output.tar.gz"]
    inputs = {"model": train.properties.ModelArtifacts.S3ModelArtifacts, "output": Join(on="/", values=job)}
    options = {"script": "evaluate", "arguments": [package_of(model)], "inputs": inputs, "files": [file]}
    step = step_of(session, "Evaluate", instance, **options, output=of_execution(model, "evaluation"))
    return step, file


def condition(session: Any, train: Any, evaluate: Any, evaluation: Any, least: Any, *, model: str) -> Any:
    from sagemaker.model import Model
    from sagemaker.model_metrics import MetricsSource, ModelMetrics
    from sagemaker.workflow.condition_step import ConditionStep
    from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
    from sagemaker.workflow.execution_variables import ExecutionVariables
    from sagemaker.workflow.fail_step import FailStep
    from sagemaker.workflow.functions import Join, JsonGet
    from sagemaker.workflow.model_step import ModelStep

    data = train.properties.ModelArtifacts.S3ModelArtifacts
    registered = Model(image_uri="image", model_data=data, role=PLACES.role, sagemaker_session=session)
    place = evaluate.properties.ProcessingOutputConfig.Outputs["evaluation"].S3Output.S3Uri
    statistics = MetricsSource("application/json", Join(on="/", values=[place, "metrics.json"]))
    facts = {"model": model, "source": "shop", "code": "code.zip", "trained_at": ExecutionVariables.START_DATETIME}
    types = ["text/csv", "application/json"]
    registration = registered.register(
        content_types=types,
        response_types=types,
        model_package_group_name="group",
        approval_status="PendingManualApproval",
        customer_metadata_properties=facts,
        model_metrics=ModelMetrics(model_statistics=statistics),
    )
    low = JsonGet(step_name="Evaluate", property_file=evaluation, json_path="quality.low")
    reason = f"{model} of shop: the quality on later data is below LeastQuality, so nothing was registered; see evaluation.json."
    return ConditionStep(
        "GoodEnough",
        conditions=[ConditionGreaterThanOrEqualTo(left=low, right=least)],
        if_steps=[ModelStep("Register", step_args=registration)],
        else_steps=[FailStep("Refuse", error_message=reason)],
    )


def plain(node: Any) -> Any:
    """A definition without what the SDK adds, and without empty values."""
    if isinstance(node, list):
        return [plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: plain(value) for key, value in node.items() if key not in OF_THE_SDK}
    # The SDK puts the step's kind behind its name.
    return {
        key: "Register" if value == "Register-RegisterModel" else value for key, value in kept.items() if value not in ({}, None)
    }


@pytest.mark.parametrize("model", PIPELINES)
def test_the_sdk_builds_the_same_pipeline(model: str) -> None:
    assert plain(definition(model, source="shop", group="group", places=PLACES)) == plain(of_the_sdk(model))


def test_the_accounts_of_the_image_are_those_of_the_sdk() -> None:
    import sagemaker

    file = Path(sagemaker.__file__).parent / "image_uri_config" / "sklearn.json"
    training = json.loads(file.read_text(encoding="utf-8"))["training"]["versions"]
    # This SDK is older than image 1.9-0; the accounts are the same for every version.
    assert {version["repository"] for version in training.values()} == {REPOSITORY}
    known = training["1.2-1"]["registries"]
    assert {region: known.get(region, account) for region, account in REGISTRIES.items()} == REGISTRIES
    assert len(REGISTRIES.keys() & known.keys()) > 20
