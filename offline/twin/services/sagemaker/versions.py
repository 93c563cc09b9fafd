"""Records of versions below the lake's folder models as model packages of moto."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from stacks.pipelines import model_name
from stacks.pipelines.definition import CONTENT_TYPES

PREFIX = "local"
IMAGE = "a process on this machine"


def show(models: Path, backend: Any) -> None:
    """Makes the packages of our groups those of the folder. Other groups stay as they are."""
    records = sorted(models.glob("*/*/[0-9]*/record.json"), key=lambda file: (*file.parts[-4:-2], int(file.parts[-2])))
    for arn, package in list(backend.model_packages.items()):
        if str(package.model_package_group_name).startswith(f"{PREFIX}-"):
            del backend.model_packages[arn]
    for file in records:
        model, source = file.parts[-4:-2]
        group = model_name(PREFIX, model, source)
        if group not in backend.model_package_groups:
            backend.create_model_package_group(group, f"versions of {model} of {source}")
        _add(backend, group, file.parent, json.loads(file.read_text(encoding="utf-8")))


def _add(backend: Any, group: str, folder: Path, record: dict[str, Any]) -> None:
    statistics = {"ContentType": "application/json", "S3Uri": (folder / "output" / "metrics.json").as_uri()}
    named: dict[str, Any] = dict.fromkeys(
        (
            "model_package_name",
            "validation_specification",
            "source_algorithm_specification",
            "tags",
            "metadata_properties",
            "client_token",
            "drift_check_baselines",
            "domain",
            "task",
            "sample_payload_url",
            "additional_inference_specifications",
        )
    )
    named |= {
        "model_package_group_name": group,
        "model_package_description": f"data as of {record['data_as_of']}",
        "certify_for_marketplace": False,
        "model_approval_status": record["status"],
        "customer_metadata_properties": {"model": record["model"], "source": record["source"]},
        "model_metrics": {"ModelQuality": {"Statistics": statistics}},
        "inference_specification": {
            "Containers": [{"Image": IMAGE, "ModelDataUrl": (folder / "model").as_uri()}],
            "SupportedContentTypes": [*CONTENT_TYPES],
            "SupportedResponseMIMETypes": [*CONTENT_TYPES],
        },
    }
    package = backend.model_packages[backend.create_model_package(**named)]
    package.creation_time = datetime.fromisoformat(record["created_at"]).replace(tzinfo=None)
    package.approval_description = record["reason"] or None
