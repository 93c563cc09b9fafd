"""Requests for SageMaker's processing and training jobs, as its API takes them. Plain values, or references of the CDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glue_jobs.lib.lake.score_files import scores_of

CONTAINER = "/opt/ml"
STEP_INPUTS, STEP_OUTPUTS = f"{CONTAINER}/processing/input", f"{CONTAINER}/processing/output"
# Nothing takes longer than minutes; a job that hangs must not cost a night.
MAX_SECONDS, VOLUME_GB = 3_600, 10


@dataclass(frozen=True, kw_only=True)
class Places:
    """What a deployment has: the image, the role, the key, and S3 URIs without a slash at the end.

    `code` is the bundle's URI and `code_file` its name. All jobs use one image, since a model is read by the version of
    scikit-learn that wrote it.
    """

    image: str
    role: str
    key: str
    curated: str
    code: str
    code_file: str
    subnets: Sequence[str] = ()
    security_groups: Sequence[str] = ()

    def models(self, model: str, source: str) -> str:
        """Where pipelines keep their files; Spark and Athena skip names that begin with an underscore."""
        return f"{self.curated}/_models/{model}/source={source}"

    def scores(self, model: str, source: str) -> str:
        """Where the job `scores` looks for scores."""
        return f"{self.curated}/{scores_of(model, source)}"

    def table(self, name: str, source: str) -> str:
        """The slash keeps out sources whose name begins like this one."""
        return f"{self.curated}/{name}/source={source}/"

    @property
    def vpc(self) -> dict[str, Any]:
        """With a private network, SageMaker moves files through its endpoints."""
        groups, subnets = [*self.security_groups], [*self.subnets]
        return {"VpcConfig": {"SecurityGroupIds": groups, "Subnets": subnets}} if subnets else {}


def processing_job(
    script: str, arguments: Sequence[str], *, instance: Any, places: Places, inputs: Mapping[str, Any], outputs: Mapping[str, Any]
) -> dict[str, Any]:
    """A job that runs a module of model_lib, with inputs and outputs by name. The container has no network."""
    cluster = {"InstanceType": instance, "InstanceCount": 1, "VolumeSizeInGB": VOLUME_GB, "VolumeKmsKeyId": places.key}
    written = [
        {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": f"{STEP_OUTPUTS}/{name}", "S3UploadMode": "EndOfJob"}}
        for name, uri in outputs.items()
    ]
    return {
        "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {
            "ImageUri": places.image,
            "ContainerEntrypoint": ["python3", "-m", f"model_lib.{script}"],
            "ContainerArguments": [*arguments],
        },
        "RoleArn": places.role,
        "ProcessingInputs": [processing_input(name, {"S3Uri": uri}) for name, uri in {"code": places.code, **inputs}.items()],
        "ProcessingOutputConfig": {"Outputs": written, "KmsKeyId": places.key},
        "Environment": {
            "PYTHONPATH": f"{STEP_INPUTS}/code/{places.code_file}",
            "STEP_INPUTS": STEP_INPUTS,
            "STEP_OUTPUTS": STEP_OUTPUTS,
            "STEP_MESSAGE": f"{CONTAINER}/output/message",
        },
        "NetworkConfig": {"EnableNetworkIsolation": True, **places.vpc},
        "StoppingCondition": {"MaxRuntimeInSeconds": MAX_SECONDS},
    }


def processing_input(name: str, uri: Mapping[str, Any]) -> dict[str, Any]:
    """An input with the S3 URI under the key of `uri`, which a state machine spells differently."""
    place = {
        **uri,
        "LocalPath": f"{STEP_INPUTS}/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "S3Input": place}


def training_job(script: str, *, instance: Any, places: Places, data: Any, hyperparameters: Any, output: Any) -> dict[str, Any]:
    """A job that runs a script of script mode on the channel `train`."""
    channels = f"{CONTAINER}/input/data"
    return {
        "AlgorithmSpecification": {
            "TrainingInputMode": "File",
            "TrainingImage": places.image,
            "ContainerEntrypoint": ["python3", "-m", script],
        },
        "OutputDataConfig": {"S3OutputPath": output, "KmsKeyId": places.key},
        "StoppingCondition": {"MaxRuntimeInSeconds": MAX_SECONDS},
        "ResourceConfig": {
            "VolumeSizeInGB": VOLUME_GB,
            "VolumeKmsKeyId": places.key,
            "InstanceCount": 1,
            "InstanceType": instance,
        },
        "RoleArn": places.role,
        "InputDataConfig": [_channel("train", data), _channel("code", places.code)],
        # The container's own toolkit sets the same variables, but fetches the code over the network.
        "Environment": {
            "PYTHONPATH": f"{channels}/code/{places.code_file}",
            "SM_CHANNELS": '["train"]',
            "SM_CHANNEL_TRAIN": f"{channels}/train",
            "SM_MODEL_DIR": f"{CONTAINER}/model",
            "SM_OUTPUT_DATA_DIR": f"{CONTAINER}/output/data",
            "SM_HPS": hyperparameters,
        },
        **places.vpc,
        "EnableNetworkIsolation": True,
        "ProfilerConfig": {"DisableProfiler": True},
    }


def _channel(name: str, uri: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
