"""The lake's buckets and key, as those that work on them are given them."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from stacks.constructs.role import LakeRole

LIST = ("s3:GetBucketLocation", "s3:ListBucket")
READ = ("s3:GetObject",)
# Hadoop writes large files in parts, and renames by copying and deleting.
WRITE = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")


@dataclass(frozen=True)
class Zones:
    """Buckets by zone; `results` also takes what jobs leave behind that may expire. All are encrypted by `key`."""

    raw: s3.IBucket
    processed: s3.IBucket
    curated: s3.IBucket
    results: s3.IBucket
    key: kms.IKey

    def bucket(self, zone: str) -> s3.IBucket:
        found: s3.IBucket = getattr(self, zone)
        return found

    def uri(self, zone: str) -> str:
        return f"s3://{self.bucket(zone).bucket_name}"


@dataclass(frozen=True)
class Access:
    """What a job may do in a zone, below some key patterns or everywhere; `reason` says why it needs all of these objects."""

    zone: str
    reason: str
    write: bool = False
    keys: tuple[str, ...] = ("*",)


def grant(role: LakeRole, zones: Zones, *access: Access) -> None:
    """Adds to a role just what `access` names: no other bucket, no other action, no key but the lake's."""
    for zone in dict.fromkeys(entry.zone for entry in access):
        role.allow(LIST, [zones.bucket(zone).bucket_arn])
    for entry in access:
        objects = [zones.bucket(entry.zone).arn_for_objects(pattern) for pattern in entry.keys]
        role.allow(WRITE if entry.write else READ, objects, wildcard=entry.reason)
    writes = any(entry.write for entry in access)
    role.allow(["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])], [zones.key.key_arn])
