"""The lake's models as boto3 reads them from SageMaker's model registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.lazy import lazy

mock_aws = lazy("moto", "mock_aws")
Setup = lazy("offline.twin.service", "Setup")
own = lazy("offline.twin.services.sagemaker")
moto_models = lazy("moto.sagemaker.models")

GROUP = "local-churn-my-shop"


def record(lake: Path, number: int, **values: str) -> None:
    folder = lake / "models/churn/my_shop" / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"model": "churn", "source": "my_shop", "data_as_of": "2025-06-30", "status": "PendingManualApproval", "reason": ""}
    created = {"created_at": f"2025-07-{number:02d}T00:00:00+00:00"}
    (folder / "record.json").write_text(json.dumps({**facts, **created, **values}), encoding="utf-8")


@pytest.fixture
def sagemaker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        backend = moto_models.SageMakerModelBackend
        for name in own.READING:  # put back after the test
            monkeypatch.setattr(backend, name, getattr(backend, name))
        own.SageMaker().install(Setup(tmp_path))
        yield boto3.client("sagemaker", region_name="eu-central-1")


def test_boto3_reads_the_versions_of_the_lake(sagemaker: Any, tmp_path: Path) -> None:
    # GIVEN a lake without models, then with three versions, of which two are approved
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
    record(tmp_path, 1, status="Approved")
    record(tmp_path, 2, status="Approved", reason="calibrated")
    record(tmp_path, 10)
    # WHEN asked as the scoring machine asks
    newest = sagemaker.list_model_packages(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="Approved",
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=1,
    )["ModelPackageSummaryList"]
    # THEN
    assert [package["ModelPackageVersion"] for package in newest] == [2]
    described = sagemaker.describe_model_package(ModelPackageName=newest[0]["ModelPackageArn"])
    assert described["ApprovalDescription"] == "calibrated"
    assert described["CustomerMetadataProperties"] == {"model": "churn", "source": "my_shop"}
    (container,) = described["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == (tmp_path / "models/churn/my_shop/2/model").as_uri()


def test_a_decision_on_the_lake_is_seen_at_the_next_call(sagemaker: Any, tmp_path: Path) -> None:
    record(tmp_path, 1)
    (waiting,) = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]

    record(tmp_path, 1, status="Rejected", reason="too old")

    described = sagemaker.describe_model_package(ModelPackageName=waiting["ModelPackageArn"])
    assert waiting["ModelApprovalStatus"] == "PendingManualApproval"
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Rejected", "too old")


def test_groups_of_others_stay(sagemaker: Any, tmp_path: Path) -> None:
    record(tmp_path, 1)
    sagemaker.create_model_package_group(ModelPackageGroupName="own")
    sagemaker.create_model_package(ModelPackageGroupName="own")

    assert len(sagemaker.list_model_packages(ModelPackageGroupName="own")["ModelPackageSummaryList"]) == 1
    assert len(sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]) == 1
