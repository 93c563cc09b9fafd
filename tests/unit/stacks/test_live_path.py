"""The stream, its delivery to raw, the functions and the tables."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.support.deployments import Deployment, Synthesize
from tests.support.policies import Names

STACKS = {"api", "ingest", "live", "serving"}
# Imports from the folder and from installed libraries, without the files that put this checkout on the path.
IMPORTS = """
import importlib, sys
sys.path[:0] = [{folder!r}]
sys.path.append({libraries!r})
print(callable(importlib.import_module({module!r}).handle))
"""
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


def functions(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """The functions of the live path by name."""
    found = [
        entry["Properties"] for stack in sorted(STACKS) for entry in deployment.resources("AWS::Lambda::Function", stack=stack)
    ]
    return {entry["FunctionName"].removeprefix(f"{deployment.config.prefix}-"): entry for entry in found}


def test_a_batch_only_shop_has_nothing_of_the_live_path(synthesize: Synthesize) -> None:
    batch_only = synthesize(live_path=False)
    assert not STACKS & batch_only.content.keys()
    kinds = {resource["Type"] for content in batch_only.content.values() for resource in content["Resources"].values()}
    assert not [
        kind for kind in kinds if kind.split("::")[1] in ("ApiGateway", "DynamoDB", "Kinesis", "Lambda", "SecretsManager")
    ]


def test_the_outputs_have_the_names_that_the_commands_look_for(dev: Deployment) -> None:
    outputs = {
        name for stack in STACKS for name, output in dev.content[stack].get("Outputs", {}).items() if "Export" not in output
    }
    assert outputs == {
        "ApiUrl",
        "FirehoseName",
        "LiveTableName",
        "PublishableKey",
        "ServerKeySecretArn",
        "ServingTableName",
        "StreamName",
    }


def test_the_stream_is_provisioned_and_encrypted(dev: Deployment) -> None:
    (stream,) = dev.resources("AWS::Kinesis::Stream")
    properties = stream["Properties"]
    assert (properties["Name"], properties["ShardCount"], properties["RetentionPeriodHours"]) == ("shoplake-dev-events", 1, 24)
    assert properties["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert properties["StreamEncryption"]["EncryptionType"] == "KMS"
    assert "Key" in json.dumps(properties["StreamEncryption"]["KeyId"])


def test_the_stream_may_choose_its_shards_itself(synthesize: Synthesize) -> None:
    (stream,) = synthesize(stream={"mode": "on_demand", "retention_hours": 48}).resources("AWS::Kinesis::Stream")
    assert stream["Properties"]["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert "ShardCount" not in stream["Properties"]
    assert stream["Properties"]["RetentionPeriodHours"] == 48


def test_firehose_delivers_gzip_by_ingest_date_and_keeps_errors_apart(dev: Deployment) -> None:
    (found,) = dev.resources("AWS::KinesisFirehose::DeliveryStream")
    properties = found["Properties"]
    target = properties["ExtendedS3DestinationConfiguration"]
    assert properties["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert target["Prefix"] == "stream/events/ingest_date=!{timestamp:yyyy-MM-dd}/"
    # With expressions an error prefix is required, and it must hold the type of the error.
    assert target["ErrorOutputPrefix"] == "undelivered/stream/!{firehose:error-output-type}/ingest_date=!{timestamp:yyyy-MM-dd}/"
    assert target["BufferingHints"] == {"SizeInMBs": 128, "IntervalInSeconds": 900}
    assert target["CompressionFormat"] == "GZIP"
    assert target["CloudWatchLoggingOptions"]["Enabled"] is True
    assert "DynamicPartitioningConfiguration" not in target
    # Firehose refuses an encryption of its own for a stream as source.
    assert "DeliveryStreamEncryptionConfigurationInput" not in properties


def test_firehose_exists_before_anything_puts_an_event(dev: Deployment) -> None:
    # It starts at the end of the stream: what was put before it exists never reaches raw.
    resources = dev.content["ingest"]["Resources"]
    (function,) = [resource for resource in resources.values() if resource["Type"] == "AWS::Lambda::Function"]
    (delivery,) = [id_ for id_, resource in resources.items() if resource["Type"] == "AWS::KinesisFirehose::DeliveryStream"]
    assert delivery in function["DependsOn"]
    manifest = json.loads((dev.folder / "manifest.json").read_text())["artifacts"]
    assert {"shoplake-dev-ingest", "shoplake-dev-live"} <= set(manifest["shoplake-dev-api"]["dependencies"])


def test_every_function_is_as_small_and_as_closed_as_it_can_be(variant: Deployment) -> None:
    named = functions(variant)
    assert named.keys() == {"ingest", "live", "serving"}
    for name, function in named.items():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert function["Handler"] == f"lambdas.{name}.handler.handle"
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert function["MemorySize"] == 512
        assert "KmsKeyArn" in function
        # A new account may run ten functions at once, and Lambda refuses to reserve any of them.
        assert "ReservedConcurrentExecutions" not in function
        assert "LogGroup" in function["LoggingConfig"]
    # API Gateway waits 29 seconds.
    assert {name: function["Timeout"] for name, function in named.items()} == {"ingest": 28, "live": 60, "serving": 10}


def test_concurrency_is_reserved_by_setting(synthesize: Synthesize) -> None:
    sized = functions(synthesize(functions={"memory_mb": 1024, "live_concurrency": 5}))
    assert sized["live"]["ReservedConcurrentExecutions"] == 5
    assert "ReservedConcurrentExecutions" not in sized["ingest"]
    assert {function["MemorySize"] for function in sized.values()} == {1024}


def test_logs_of_functions_are_encrypted_and_expire(dev: Deployment) -> None:
    groups = [entry["Properties"] for stack in STACKS for entry in dev.resources("AWS::Logs::LogGroup", stack=stack)]
    assert {group["LogGroupName"] for group in groups} == {
        "/aws/kinesisfirehose/shoplake-dev-events",
        "/aws/lambda/shoplake-dev-ingest",
        "/aws/lambda/shoplake-dev-live",
        "/aws/lambda/shoplake-dev-serving",
        "/shoplake-dev/api",
    }
    assert all(group["RetentionInDays"] == 30 and "KmsKeyId" in group for group in groups)


def test_functions_get_their_environment(dev: Deployment) -> None:
    # GIVEN
    names = Names(dev.content)
    stacks = {"ingest": "ingest", "live": "live", "serving": "serving"}
    # WHEN
    found = {
        name: {
            key: names.text(stacks[name], value) if key != "PUBLISHABLE_KEY" else json.dumps(value)
            for key, value in function["Environment"]["Variables"].items()
        }
        for name, function in functions(dev).items()
    }
    # THEN
    publishable = found["ingest"].pop("PUBLISHABLE_KEY")
    assert '"pk_"' in publishable
    assert '"AWS::StackId"' in publishable
    assert found == {
        "ingest": {
            "STREAM_NAME": "ingest/Stream",
            "RAW_BUCKET": "storage/Raw",
            "SERVER_KEY_SECRET": "ingest/ServerKey",
            "HASH_KEY_SECRET": "ingest/HashKey",
            "ENVIRONMENT": "dev",
            "ALLOWED_ORIGINS": '["*"]',
            "CURRENCY": "EUR",
        },
        "live": {
            "LIVE_TABLE": "serving/LiveTable",
            "ALERT_TOPIC": "processing/AlertTopic",
            "WINDOWS": "[10, 60]",
            "ALLOWED_LATENESS_SECONDS": "300",
            "DEDUPLICATION_SECONDS": "600",
        },
        "serving": {"LIVE_TABLE": "serving/LiveTable", "SERVING_TABLE": "serving/ServingTable"},
    }


def test_the_live_function_gets_the_stream_batch_by_batch(dev: Deployment) -> None:
    (found,) = dev.resources("AWS::Lambda::EventSourceMapping")
    mapping = found["Properties"]
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"], mapping["ParallelizationFactor"]) == (500, 1, 1)
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # Bounded retries (0 to 10,000), and given up before the stream's 24 hours are over.
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (10, 82_800)
    # Only an S3 destination gets the records' bytes.
    assert "Raw" in json.dumps(mapping["DestinationConfig"]["OnFailure"]["Destination"])
    # Filters drop records that are not JSON without a trace; tumbling windows are by arrival.
    assert not {"FilterCriteria", "TumblingWindowInSeconds"} & mapping.keys()


def test_tables_are_paid_by_request_and_kept(synthesize: Synthesize, dev: Deployment) -> None:
    tables = dev.resources("AWS::DynamoDB::Table")
    assert len(tables) == 2
    for table in tables:
        properties = table["Properties"]
        assert {key["AttributeName"]: key["KeyType"] for key in properties["KeySchema"]} == {"pk": "HASH", "sk": "RANGE"}
        assert {entry["AttributeType"] for entry in properties["AttributeDefinitions"]} == {"S"}
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
        assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert properties["SSESpecification"]["SSEType"] == "KMS"
        assert {key: table[key] for key in KEPT} == KEPT
    gone = synthesize(removal="destroy", allow_data_deletion=True).resources("AWS::DynamoDB::Table")
    assert [table["DeletionPolicy"] for table in gone] == ["Delete"] * 2


def test_the_keys_are_secrets_of_random_text(dev: Deployment) -> None:
    secrets = [secret["Properties"] for secret in dev.resources("AWS::SecretsManager::Secret")]
    assert {secret["Name"] for secret in secrets} == {"shoplake-dev-server-key", "shoplake-dev-hash-key"}
    for secret in secrets:
        assert "KmsKeyId" in secret
        # API Gateway takes keys of 20 to 128 characters.
        assert secret["GenerateSecretString"]["PasswordLength"] == 48
        assert secret["GenerateSecretString"]["ExcludePunctuation"] is True


@pytest.mark.parametrize("name", ["ingest", "live", "serving"])
def test_the_zip_of_a_function_has_all_that_its_handler_imports(dev: Deployment, name: str, tmp_path: Path) -> None:
    # GIVEN the asset of the function, unpacked
    assets = json.loads((dev.folder / f"shoplake-dev-{name}.assets.json").read_text())["files"].values()
    (zipped,) = [file["source"]["path"] for file in assets if file["source"]["path"].endswith(".zip")]
    with zipfile.ZipFile(dev.folder / zipped) as packed:
        packed.extractall(tmp_path)
    assert not list(tmp_path.rglob("*.so"))
    # WHEN it is imported away from this checkout
    libraries = str(Path(boto3.__file__).parents[1])
    script = IMPORTS.format(folder=str(tmp_path), libraries=libraries, module=f"lambdas.{name}.handler")
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        cwd=tmp_path,
        env={"AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    # THEN
    assert (run.stdout, run.stderr) == ("True\n", "")
