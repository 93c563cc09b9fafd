"""The one kind of bucket that the lake has."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import LakeConfig
from stacks.security import acknowledge


class LakeBucket(s3.Bucket):
    """Private, encrypted, versioned, reached by TLS 1.2 or later only; nothing in it is deleted unless both keys are turned.

    With a `key` objects are encrypted by it, through a bucket key; without one by S3's own, as log delivery needs it.
    With `logs` every access is recorded there, under the bucket's id.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: LakeConfig,
        key: kms.IKey | None,
        logs: s3.IBucket | None,
        lifecycle: Sequence[s3.LifecycleRule] = (),
        lock: cdk.Duration | None = None,
    ) -> None:
        super().__init__(
            scope,
            id_,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            object_lock_enabled=True if lock else None,
            object_lock_default_retention=s3.ObjectLockRetention.governance(lock) if lock else None,
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"{id_.lower()}/" if logs else None,
            lifecycle_rules=[*housekeeping(config), *lifecycle],
            removal_policy=cdk.RemovalPolicy.DESTROY if config.deletes_data else cdk.RemovalPolicy.RETAIN,
            auto_delete_objects=config.deletes_data,
        )
        acknowledge(
            self,
            "S3BucketReplicationEnabled",
            reason="S3 keeps every object in three zones of the region and old versions guard against deletion; what is here is "
            "computed from raw, and raw from the shops' own exports, so a copy in a second region would guard nothing more.",
        )
        if key is None:
            acknowledge(
                self,
                "S3DefaultEncryptionKMS",
                reason="S3 delivers server access logs only to a bucket that is encrypted by S3's own key; it holds no data.",
            )


def housekeeping(config: LakeConfig) -> list[s3.LifecycleRule]:
    """What is swept from every bucket: uploads that never ended, and versions that were replaced or deleted."""
    return [
        s3.LifecycleRule(
            id="abort-uploads", abort_incomplete_multipart_upload_after=cdk.Duration.days(config.retention.aborted_uploads)
        ),
        s3.LifecycleRule(
            id="expire-old-versions",
            noncurrent_version_expiration=cdk.Duration.days(config.retention.noncurrent_versions),
            expired_object_delete_marker=True,
        ),
    ]
