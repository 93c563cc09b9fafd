"""Storage: one bucket per zone, buckets for query results and access logs, and the key that encrypts them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.bucket import LakeBucket
from stacks.constructs.key import LakeKey
from stacks.stack import LakeStack


class Storage(LakeStack):
    """The zones `raw`, `processed` and `curated`, the query `results`, and the `access_logs` of all of them."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig) -> None:
        super().__init__(scope, id_, config=config, description="buckets and their encryption key")
        days = config.retention
        self.key = LakeKey(self, "Key", config=config, purpose="encrypts all zones, logs and alerts")
        # S3 delivers access logs only to a bucket with SSE-S3 encryption.
        self.access_logs = LakeBucket(
            self, "AccessLogs", config=config, key=None, logs=None, lifecycle=[_expiry("expire-logs", days.access_logs)]
        )
        lock = cdk.Duration.days(config.object_lock_days) if config.object_lock_days else None
        self.raw = LakeBucket(
            self, "Raw", config=config, key=self.key, logs=self.access_logs, lifecycle=[_aging(config)], lock=lock
        )
        self.processed, self.curated = (
            LakeBucket(self, zone, config=config, key=self.key, logs=self.access_logs, lifecycle=[_staging()])
            for zone in ("Processed", "Curated")
        )
        self.results = LakeBucket(
            self,
            "Results",
            config=config,
            key=self.key,
            logs=self.access_logs,
            lifecycle=[_expiry("expire-results", days.query_results)],
        )
        for zone in ("raw", "processed", "curated", "results"):
            self.output(
                f"{zone.capitalize()}Bucket",
                getattr(self, zone).bucket_name,
                "bucket of query results" if zone == "results" else f"bucket of the {zone} zone",
            )
        self.output("AccessLogsBucket", self.access_logs.bucket_name, "bucket of S3 access logs")


def _expiry(id_: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(id=id_, expiration=cdk.Duration.days(days))


def _staging() -> s3.LifecycleRule:
    """Staged objects are copied into place and deleted; their old versions would be a second paid copy."""
    day = cdk.Duration.days(1)
    return s3.LifecycleRule(id="sweep-staging", prefix="_staging/", noncurrent_version_expiration=day)


def _aging(config: LakeConfig) -> s3.LifecycleRule:
    """Raw files are read when they are new, and again only for a rebuild."""
    steps = (
        (s3.StorageClass.INFREQUENT_ACCESS, config.retention.raw_to_infrequent),
        (s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, config.retention.raw_to_archive),
    )
    return s3.LifecycleRule(
        id="age-raw",
        transitions=[s3.Transition(storage_class=kind, transition_after=cdk.Duration.days(days)) for kind, days in steps],
    )
