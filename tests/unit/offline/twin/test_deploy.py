"""Physical names, the order of stacks, unknown resource types, and values as the API expects them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.errors import LakeError
from offline.twin.endpoint import Endpoint, connect
from offline.twin.synth import Assembly, physical_name


def assembled(folder: Path, **stacks: dict) -> Assembly:
    """A synthesized app with these resources by stack; each stack depends on the one before it."""
    artifacts = {"Tree": {"type": "cdk:tree"}}
    before: list[str] = []
    for name, resources in reversed(stacks.items()):
        file = f"{name}.template.json"
        (folder / file).write_text(json.dumps({"Resources": resources}))
        artifacts[name] = {"type": "aws:cloudformation:stack", "properties": {"templateFile": file}, "dependencies": []}
        for later in before:
            artifacts[later]["dependencies"].append(name)
        before.append(name)
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return Assembly(folder)


@pytest.mark.parametrize(
    ("kind", "logical", "name"),
    [
        ("AWS::S3::Bucket", "Raw72517081", "shoplake-dev-storage-raw72517081"),
        ("AWS::SNS::Topic", "AlertTopic", "shoplake-dev-storage-AlertTopic"),
        ("AWS::S3::Bucket", "B" * 60, "shoplake-dev-storage-" + "b" * 33 + "-14e92fa0"),
    ],
)
def test_a_name_follows_from_stack_and_logical_id(kind, logical, name):
    assert physical_name(kind, "shoplake-dev-storage", logical) == name
    assert len(name) <= 63


def test_stacks_come_after_their_dependencies(tmp_path):
    bucket = {"B": {"Type": "AWS::S3::Bucket"}}
    app = assembled(
        tmp_path, first=bucket, second={}, third={"C": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "c"}}}
    )
    assert [stack.name for stack in app.stacks] == ["first", "second", "third"]
    assert app.buckets == ["first-b", "c"]


def test_an_app_without_a_zone_is_refused(tmp_path):
    with pytest.raises(LakeError, match=r"no stack has the output RawBucket, the bucket of the raw zone; add it in stacks/\."):
        assert assembled(tmp_path, first={}).zones


def test_an_unknown_resource_type_fails_the_deployment(tmp_path):
    from offline.twin import deploy
    from offline.twin.services import SERVICES

    app = assembled(tmp_path, lake={"Q": {"Type": "AWS::QuickSight::DataSet"}})
    with pytest.raises(LakeError, match=r"lake: .* the resource type AWS::QuickSight::DataSet \(Q\); add a recipe"):
        deploy.deploy(app, tmp_path, SERVICES)


def test_values_get_the_types_of_the_call():
    from offline.twin.shapes import fit

    shape = connect("glue", Endpoint(1, "key", "secret")).meta.service_model.operation_model("CreateJob").input_shape
    properties = {
        "name": "j",
        "Timeout": "60",
        "ExecutionProperty": {"MaxConcurrentRuns": "1"},
        "DefaultArguments": {"--a": True},
        "X": 1,
    }
    assert fit(properties, shape) == {
        "Name": "j",
        "Timeout": 60,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "DefaultArguments": {"--a": "True"},
    }


def test_tags_become_a_map_where_the_call_has_one():
    from offline.twin.shapes import fit

    client = connect("apigateway", Endpoint(1, "key", "secret"))
    shape = client.meta.service_model.operation_model("CreateStage").input_shape
    tags = [{"Key": "project", "Value": "shoplake"}, {"Key": "env", "Value": "dev"}]
    assert fit({"StageName": "live", "Tags": tags}, shape) == {
        "stageName": "live",
        "tags": {"project": "shoplake", "env": "dev"},
    }


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("{{resolve:secretsmanager:server-key:SecretString:::}}", "value of server-key"),
        ("{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:1:secret:k-AbCdEf}}", "value of {arn}"),
        ("{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:1:secret:k-AbCdEf:SecretString:::}}", "value of {arn}"),
        ("{{resolve:secretsmanager:database:SecretString:user}}", "ana"),
        ("a {{resolve:secretsmanager:k:SecretString}} b", "a value of k b"),
    ],
)
def test_dynamic_references_to_secrets_are_resolved(text, resolved, monkeypatch):
    from offline.twin import recipes

    class Secrets:
        def get_secret_value(self, SecretId):  # noqa: N803 - as boto3 names it
            return {"SecretString": '{"user": "ana"}' if SecretId == "database" else f"value of {SecretId}"}

    monkeypatch.setattr(recipes, "connect", lambda _: Secrets())
    arn = "arn:aws:secretsmanager:us-east-1:1:secret:k-AbCdEf"
    assert recipes.resolve_secrets({"a": [text]}) == {"a": [resolved.format(arn=arn)]}
