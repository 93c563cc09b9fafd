"""S3: every bucket is a folder."""

from __future__ import annotations

import json
from pathlib import Path

from offline.twin import bucket_folders
from offline.twin.endpoint import connect
from offline.twin.recipes import Recipe, identified_by
from offline.twin.service import Service, Setup
from offline.twin.services.s3 import backend


class S3(Service):
    title = "S3"
    adds = ("A bucket is a folder and an object is a file, so boto3, awswrangler, Spark, DuckDB and `cp` see the same data.",)
    recipes = {
        "AWS::S3::BucketPolicy": Recipe(
            "s3",
            "put_bucket_policy",
            lambda properties, _: [{"Bucket": properties["Bucket"], "Policy": json.dumps(properties["PolicyDocument"])}],
            identified_by("Bucket"),
        ),
    }
    leaves_out = (
        "Object versions and locks. An object and a folder cannot have the same name.",
        "User metadata, content types and tags of objects are lost with `down`.",
        "Bucket policies are stored but not enforced.",
        "Presigned URLs work; presigned forms (`generate_presigned_post`) and anonymous requests are refused.",
    )

    def install(self, setup: Setup) -> None:
        self._root = setup.lake / "s3"
        backend.install(self._root)

    def restore(self) -> None:
        _create_missing_buckets(self._root)


def _create_missing_buckets(root: Path) -> None:
    """Buckets that were created by API, next to those of the stacks, come back with their objects."""
    client = connect("s3")
    existing = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    for name in bucket_folders.buckets(root):
        if name not in existing:
            client.create_bucket(Bucket=name)
