"""The buckets and the key."""

from __future__ import annotations

import pytest

from tests.support.deployments import Deployment, Synthesize
from tests.support.lazy import lazy

Match = lazy("aws_cdk.assertions", "Match")
Template = lazy("aws_cdk.assertions", "Template")

DATA_BUCKETS = 4  # raw, processed, curated, results
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}


@pytest.fixture(scope="module")
def storage(dev: Deployment) -> Template:
    return dev.template("storage")


def buckets(storage: Template, **properties: object) -> int:
    return len(storage.find_resources("AWS::S3::Bucket", {"Properties": properties}))


def test_data_is_encrypted_with_a_rotated_key(storage: Template) -> None:
    storage.resource_count_is("AWS::KMS::Key", 1)
    storage.has_resource("AWS::KMS::Key", {"Properties": {"EnableKeyRotation": True}, **KEPT})
    by_key = {
        "ServerSideEncryptionConfiguration": [
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": Match.any_value()},
            }
        ]
    }
    assert buckets(storage, BucketEncryption=by_key) == DATA_BUCKETS


def test_s3_can_deliver_access_logs(storage: Template) -> None:
    # GIVEN the only bucket with SSE-S3, which delivery requires
    own = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    (logs,) = storage.find_resources("AWS::S3::Bucket", {"Properties": {"BucketEncryption": own}})
    # THEN all other buckets log there, each under its own prefix
    logging = [
        bucket["Properties"]["LoggingConfiguration"]
        for bucket in storage.find_resources("AWS::S3::Bucket").values()
        if "LoggingConfiguration" in bucket["Properties"]
    ]
    assert {entry["DestinationBucketName"]["Ref"] for entry in logging} == {logs}
    assert {entry["LogFilePrefix"] for entry in logging} == {"raw/", "processed/", "curated/", "results/"}
    # AND S3's log service may write there for this account
    storage.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {
            "Bucket": {"Ref": logs},
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": "s3:PutObject",
                                "Effect": "Allow",
                                "Principal": {"Service": "logging.s3.amazonaws.com"},
                                "Condition": Match.object_like(
                                    {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
                                ),
                            }
                        )
                    ]
                )
            },
        },
    )


def test_every_bucket_is_private_and_requires_tls_1_2(storage: Template) -> None:
    private = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True}
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert buckets(storage, PublicAccessBlockConfiguration=private, OwnershipControls=owned) == DATA_BUCKETS + 1

    policies = storage.find_resources("AWS::S3::BucketPolicy").values()
    assert len(policies) == DATA_BUCKETS + 1
    for policy in policies:
        denied = [entry for entry in policy["Properties"]["PolicyDocument"]["Statement"] if entry["Effect"] == "Deny"]
        assert [entry["Condition"] for entry in denied] == [
            {"Bool": {"aws:SecureTransport": "false"}},
            {"NumericLessThan": {"s3:TlsVersion": 1.2}},
        ]
        assert all((entry["Action"], entry["Principal"]) == ("s3:*", {"AWS": "*"}) for entry in denied)


def test_old_versions_and_unfinished_uploads_expire(storage: Template) -> None:
    swept = {
        "Rules": Match.array_with(
            [
                Match.object_like({"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}, "Status": "Enabled"}),
                Match.object_like({"NoncurrentVersionExpiration": {"NoncurrentDays": 7}, "Status": "Enabled"}),
            ]
        )
    }
    assert buckets(storage, VersioningConfiguration={"Status": "Enabled"}, LifecycleConfiguration=swept) == DATA_BUCKETS + 1


@pytest.mark.parametrize(
    ("case", "buckets_with_rule", "rule"),
    [
        (
            "raw moves to cheaper classes",
            1,
            {
                "Transitions": [
                    {"StorageClass": "STANDARD_IA", "TransitionInDays": 30},
                    {"StorageClass": "GLACIER_IR", "TransitionInDays": 180},
                ]
            },
        ),
        ("query results expire", 1, {"ExpirationInDays": 14}),
        ("access logs expire", 1, {"ExpirationInDays": 90}),
        ("staged copies expire", 2, {"Prefix": "_staging/", "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}),
    ],
)
def test_lifecycle_rules_by_zone(storage: Template, case: str, buckets_with_rule: int, rule: dict[str, object]) -> None:
    configuration = {"Rules": Match.array_with([Match.object_like(rule)])}
    assert buckets(storage, LifecycleConfiguration=configuration) == buckets_with_rule, case


def test_buckets_and_key_are_kept_when_the_stack_is_deleted(variant: Deployment) -> None:
    kept = [*variant.resources("AWS::S3::Bucket", stack="storage"), *variant.resources("AWS::KMS::Key", stack="storage")]

    assert [(entry["DeletionPolicy"], entry["UpdateReplacePolicy"]) for entry in kept] == [("Retain", "Retain")] * 6
    assert not variant.resources("Custom::S3AutoDeleteObjects")


def test_with_both_settings_the_buckets_are_emptied_and_deleted(synthesize: Synthesize) -> None:
    gone = synthesize(removal="destroy", allow_data_deletion=True)

    assert {entry["DeletionPolicy"] for entry in gone.resources("AWS::S3::Bucket", stack="storage")} == {"Delete"}
    assert len(gone.resources("Custom::S3AutoDeleteObjects")) == DATA_BUCKETS + 1


def test_raw_files_can_be_locked(synthesize: Synthesize) -> None:
    storage = synthesize(object_lock_days=5).template("storage")

    retention = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Days": 5, "Mode": "GOVERNANCE"}}}
    assert buckets(storage, ObjectLockEnabled=True, ObjectLockConfiguration=retention) == 1


def test_no_bucket_has_a_fixed_name(dev: Deployment) -> None:
    assert all("BucketName" not in bucket["Properties"] for bucket in dev.resources("AWS::S3::Bucket"))
    assert {"RawBucket", "ProcessedBucket", "CuratedBucket", "ResultsBucket"} <= set(dev.content["storage"]["Outputs"])
