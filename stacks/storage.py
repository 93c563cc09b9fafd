"""Storage: one bucket per zone, the buckets of query results and of access logs, and the key that encrypts them."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.bucket import LakeBucket
from stacks.constructs.key import LakeKey
from stacks.stack import LakeStack


class Storage(LakeStack):
    """`raw`, `processed` and `curated` hold the lake, `results` what queries answered, `access_logs` who read or wrote what."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig) -> None:
        super().__init__(scope, id_, config=config, description="buckets and the key that encrypts them")
        kept = config.retention
        self.key = LakeKey(self, "Key", config=config, purpose="data of all zones")
        # S3 delivers access logs only to a bucket that S3's own key encrypts.
        self.access_logs = LakeBucket(
            self, "AccessLogs", config=config, key=None, logs=None, lifecycle=[_expiry("expire-logs", kept.access_logs)]
        )
        lock = cdk.Duration.days(config.object_lock_days) if config.object_lock_days else None
        self.raw = LakeBucket(
            self, "Raw", config=config, key=self.key, logs=self.access_logs, lifecycle=[_ageing(config)], lock=lock
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
            lifecycle=[_expiry("expire-results", kept.query_results)],
        )
        for zone in ("raw", "processed", "curated", "results"):
            self.output(f"{zone.capitalize()}Bucket", getattr(self, zone).bucket_name, f"bucket of {zone}")
        self.output("AccessLogsBucket", self.access_logs.bucket_name, "bucket of S3's access logs")


def _expiry(id_: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(id=id_, expiration=cdk.Duration.days(days))


def _staging() -> s3.LifecycleRule:
    """What a run staged is copied into place and then deleted; its versions would only be kept, and paid for, a second time."""
    day = cdk.Duration.days(1)
    return s3.LifecycleRule(id="sweep-staging", prefix="_staging/", noncurrent_version_expiration=day)


def _ageing(config: LakeConfig) -> s3.LifecycleRule:
    """Raw files are read when they are new, and again only when everything is rebuilt."""
    steps = (
        (s3.StorageClass.INFREQUENT_ACCESS, config.retention.raw_to_infrequent),
        (s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, config.retention.raw_to_archive),
    )
    return s3.LifecycleRule(
        id="age-raw",
        transitions=[s3.Transition(storage_class=kind, transition_after=cdk.Duration.days(days)) for kind, days in steps],
    )
