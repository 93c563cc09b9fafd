"""The entire app: security rules, reproducible output, independence of account and region."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stacks.config import LakeConfig
from tests.support.deployments import EVERYTHING, Deployment, Synthesize, deploy
from tests.support.lazy import lazy

cdk = lazy("aws_cdk")
s3 = lazy("aws_cdk.aws_s3")
build = lazy("stacks.lake", "build")
new_app = lazy("stacks.lake", "new_app")
security = lazy("stacks.security")
acknowledge = lazy("stacks.security", "acknowledge")
acknowledge_wildcard = lazy("stacks.security", "acknowledge_wildcard")
add_nag_checks = lazy("stacks.security", "add_nag_checks")

VARIANTS = [(env, networking) for env in ("dev", "prod") for networking in ("none", "private")]
# The CDK states dependencies that references already imply.
IGNORED_LINT = ("W3005",)
# Unique within one API or one log group, which have a name of their own.
WITHIN_ITS_PARENT = {
    ("AWS::ApiGateway::Model", "Name"),
    ("AWS::ApiGateway::Stage", "StageName"),
    ("AWS::ApiGatewayV2::Stage", "StageName"),
    ("AWS::Logs::LogStream", "LogStreamName"),
}
# The CDK suppresses its own validation for some of its own constructs.
OF_THE_CDK = "CloudFormation-Validate::"


def texts(node: Any) -> Iterator[str]:
    """Every string in a template, including keys."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)
    elif isinstance(node, str):
        yield node


def exceptions(deployment: Deployment) -> set[tuple[str, str]]:
    """Rule and reason of every suppression."""
    return {
        (rule["id"], rule["reason"])
        for content in deployment.content.values()
        for resource in content["Resources"].values()
        for rule in resource.get("Metadata", {}).get("cdk_nag", {}).get("rules_to_suppress", [])
    }


def test_no_rule_is_violated_without_a_reason(variant: Deployment) -> None:
    assert list(_violations(variant.folder)) == []
    own = {(rule, reason) for rule, reason in exceptions(variant) if not rule.startswith(OF_THE_CDK)}
    assert own
    for rule, reason in own:
        assert re.fullmatch(r"(AwsSolutions|Serverless|NIST\.800\.53\.R5|HIPAA\.Security|PCI\.DSS\.321)-\w+(\[.+\])?", rule)
        assert len(reason.split()) >= 6


def test_a_violated_rule_fails_the_synth(tmp_path: Path) -> None:
    # GIVEN a bucket with the CDK's defaults
    app = new_app(outdir=str(tmp_path))
    s3.Bucket(cdk.Stack(app, "Unsafe"), "Bucket")
    add_nag_checks(app)
    # WHEN, THEN
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-S1" in (tmp_path / "validation-report.json").read_text()


def test_an_entire_stack_cannot_be_excepted() -> None:
    stack = cdk.Stack(new_app(), "Stack")

    with pytest.raises(ValueError, match="acknowledge a rule for one resource, not for an entire stack"):
        acknowledge(stack, "AwsSolutions-S1", reason="because")


@pytest.mark.full
def test_every_exception_is_still_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # GIVEN the app without its exceptions, which are recorded instead
    recorded: set[tuple[str, str]] = set()
    paths: list[str] = []

    def of(construct: Any) -> Any:
        paths.append(construct.node.path)
        return Recorder()

    class Recorder:
        def acknowledge(self, *rules: cdk.Acknowledgment) -> None:
            recorded.update((paths[-1], _common_name(rule.id)) for rule in rules)

    # WHEN it is synthesized in all its variants
    broken: set[tuple[str, str]] = set()
    for number, (env, networking) in enumerate(VARIANTS):
        folder = tmp_path / str(number)
        app = new_app(outdir=str(folder))
        with monkeypatch.context() as patch:
            patch.setattr("stacks.security.packs.cdk.Validations.of", of)
            patch.setattr("stacks.lake.add_nag_checks", id)  # not yet
            dashboard = {"enabled": networking == "private"}
            settings = {"networking": networking, "models": ["thelook"], "dashboard": dashboard}
            build(app, LakeConfig.load(env=env, overrides=settings))
        add_nag_checks(app)
        with pytest.raises(RuntimeError, match="ValidationFailed"):
            app.synth()
        broken |= set(_violations(folder))
    assert len(recorded) > 20
    # THEN each exception covers a violation
    unneeded = {
        (path, rule)
        for path, rule in recorded
        if not any(name == rule and (place == path or place.startswith(f"{path}/")) for place, name in broken)
    }
    assert unneeded == set()


def _common_name(rule: str) -> str:
    """The rule without its pack if the three standards share it."""
    pack, _, name = rule.partition("-")
    return name if pack in security.STANDARDS else rule


def _violations(folder: Path) -> Iterator[tuple[str, str]]:
    for report in json.loads((folder / "validation-report.json").read_text())["pluginReports"]:
        for violation in report["violations"]:
            for construct in violation["violatingConstructs"]:
                yield construct["constructPath"], _common_name(violation["ruleName"])


@pytest.mark.full
def test_the_same_settings_give_the_same_bytes(synthesize: Synthesize, tmp_path: Path) -> None:
    first = synthesize("prod", networking="private")
    deploy(first.config, tmp_path)

    names = sorted(path.name for path in first.folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert [name for name in names if _deployed(first.folder / name) != _deployed(tmp_path / name)] == []


def _deployed(file: Path) -> bytes:
    """Its bytes; of the CDK's notes of where a construct was made without the folder that each process unpacks the CDK into."""
    content = file.read_bytes()
    return (
        re.sub(rb"/[^\s\"]*(?=/node_modules/|/lib/program\.js)", b"", content)
        if file.suffixes[-2:] == [".metadata", ".json"]
        else content
    )


def test_templates_contain_no_account_id_or_region(variant: Deployment) -> None:
    strings = {text for content in variant.content.values() for text in texts(content)}

    assert not [text for text in strings if re.search(r"(?<![\w.])\d{12}(?!\w)", text)]
    assert not [text for text in strings if re.search(r"\b(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d\b", text)]


def test_only_what_holds_data_outlives_its_stack(synthesize: Synthesize) -> None:
    # A retained resource with a fixed name makes the next deploy fail.
    none: frozenset[str] = frozenset()
    for env in ("dev", "prod"):
        everything = synthesize(env, **EVERYTHING)
        retained = {
            (resource["Type"], name)
            for content in everything.content.values()
            for resource in content["Resources"].values()
            if resource.get("DeletionPolicy", "Delete") != "Delete" or resource.get("UpdateReplacePolicy", "Delete") != "Delete"
            for name in [frozenset({"BucketName", "TableName", "Name"} & resource["Properties"].keys())]
        }
        kinds = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")
        assert retained == {(kind, none) for kind in kinds}


def test_two_deployments_share_no_name(synthesize: Synthesize) -> None:
    for name in ("shoplake", "feature-x"):
        deployment = synthesize("prod", name=name, networking="private", models=["thelook"])
        own = (f"{name}-prod", f"{name}_prod".replace("-", "_"))
        for content in deployment.content.values():
            for id_, resource in content["Resources"].items():
                for key, value in resource.get("Properties", {}).items():
                    if (resource["Type"], key) in WITHIN_ITS_PARENT:
                        continue
                    if key.endswith("Name") and key not in ("MetricName", "ServiceName") and isinstance(value, str):
                        assert any(prefix in value for prefix in own), f"{id_}.{key}: {value}"
            for output in content.get("Outputs", {}).values():
                assert output.get("Export", {"Name": own[0]})["Name"].startswith(f"{own[0]}")


def test_buckets_are_tagged_with_project_and_environment(dev: Deployment) -> None:
    for bucket in dev.resources("AWS::S3::Bucket"):
        tags = {tag["Key"]: tag["Value"] for tag in bucket["Properties"]["Tags"]}
        assert (tags["project"], tags["environment"]) == ("shoplake", "dev")


@pytest.mark.full
def test_cfn_lint_finds_nothing(synthesize: Synthesize) -> None:
    folders = [synthesize().folder, synthesize("prod", **EVERYTHING).folder]
    templates = [str(path) for folder in folders for path in sorted(folder.glob("*.template.json"))]

    run = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--ignore-checks", *IGNORED_LINT, "--template", *templates],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stdout) == (0, "")


def test_a_wildcard_is_acknowledged_by_cdk_nags_own_id(tmp_path: Path) -> None:
    # GIVEN a policy on all objects of another stack's bucket
    app = new_app(outdir=str(tmp_path))
    bucket = s3.Bucket(cdk.Stack(app, "Owner"), "Bucket")
    reader = cdk.Stack(app, "Reader")
    policy = cdk.aws_iam.ManagedPolicy(
        reader,
        "Policy",
        statements=[cdk.aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=[bucket.arn_for_objects("*")])],
    )
    # WHEN
    acknowledge_wildcard(policy, bucket.arn_for_objects("*"), reason="A test reads all of its bucket and nothing else.")
    add_nag_checks(app)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    # THEN only the unsafe bucket is refused
    assert {path.split("/")[0] for path, _ in _violations(tmp_path)} == {"Owner"}
