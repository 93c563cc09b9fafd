"""The bucket construct that all stacks use."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import LakeConfig
from stacks.security import acknowledge


class LakeBucket(s3.Bucket):
    """Private, encrypted, versioned, TLS 1.2 or later only; kept when its stack is deleted, unless the config deletes data.

    With a `key`, objects use SSE-KMS with a bucket key; without one SSE-S3, which log delivery requires.
    With `logs`, S3 writes access logs there, under the bucket's id.
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
            reason="S3 stores every object in three availability zones, and old versions protect against deletion. All tables "
            "can be computed from raw again, and the shops keep their own exports, so a second region would add no protection.",
        )
        if key is None:
            acknowledge(
                self,
                "S3DefaultEncryptionKMS",
                reason="S3 delivers server access logs only to a bucket with SSE-S3 encryption; the bucket contains no data.",
            )


def housekeeping(config: LakeConfig) -> list[s3.LifecycleRule]:
    """Lifecycle rules of every bucket: unfinished uploads, and versions that were replaced or deleted."""
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
