"""The code of the Glue jobs: a script each, one zip of our own packages, and one of the libraries that Glue lacks.

Nothing is installed when a job starts.
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from stacks.bundle import GLUE, ROOT, bundle
from stacks.source_settings import packaged_sources

# The job publish writes what the serving function reads, reconcile reads what the live function writes.
PACKAGES = ("contracts", "glue_jobs", "lambdas/common", "lambdas/live", "lambdas/serving")
LIBRARIES = ("et-xmlfile", "fastavro", "openpyxl", "pyyaml", "sqlglot")


class JobCode(Construct):
    """The assets that all jobs share, with these sources; `main` adds a job's own script."""

    def __init__(self, scope: Construct, id_: str, *, sources: Sequence[str]) -> None:
        super().__init__(scope, id_)
        others = [f"glue_jobs/sources/{name}/" for name in packaged_sources() if name not in sources]
        packages = bundle(packages=PACKAGES, leave_out=others, runtime=GLUE)
        bundles = {"Packages": packages, "Libraries": bundle(libraries=LIBRARIES, runtime=GLUE)}
        self.shared = [
            assets.Asset(self, name, path=str(zipped.path), asset_hash=zipped.content_hash) for name, zipped in bundles.items()
        ]

    def main(self, name: str) -> assets.Asset:
        """The script glue_jobs/<name>.py."""
        return assets.Asset(self, name.capitalize(), path=str(ROOT / "glue_jobs" / f"{name}.py"))


def readable(asset: assets.Asset) -> str:
    """The ARN of an asset's one object."""
    return asset.bucket.arn_for_objects(asset.s3_object_key)
