"""A job's access to the zones."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_s3 as s3

from stacks.constructs.role import LakeRole
from stacks.storage import Storage

LIST = ("s3:GetBucketLocation", "s3:ListBucket")
READ = ("s3:GetObject",)
# Hadoop uploads large files in parts, and renames by copying and deleting.
WRITE = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")


@dataclass(frozen=True)
class Access:
    """Access to a zone, or to some key patterns in it; `reason` explains why the job needs all of these objects."""

    zone: str
    reason: str
    write: bool = False
    keys: tuple[str, ...] = ("*",)


def bucket(storage: Storage, zone: str) -> s3.IBucket:
    """The bucket of a zone, or `results`, which also stores the jobs' Spark event logs."""
    named: s3.IBucket = getattr(storage, zone)
    return named


def grant(role: LakeRole, storage: Storage, *access: Access) -> None:
    """Allow a role exactly what `access` lists, and the lake's key for it."""
    for zone in dict.fromkeys(entry.zone for entry in access):
        role.allow(LIST, [bucket(storage, zone).bucket_arn])
    for entry in access:
        objects = [bucket(storage, entry.zone).arn_for_objects(pattern) for pattern in entry.keys]
        role.allow(WRITE if entry.write else READ, objects, wildcard=entry.reason)
    writes = any(entry.write for entry in access)
    role.allow(["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])], [storage.key.key_arn])
