"""Deploys the synthesized app: uploads its assets, then creates every stack in order."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from moto.cloudformation.models import cloudformation_backends
from moto.moto_api._internal import mock_random

from contracts.errors import PlatformError
from offline.twin import recipes
from offline.twin.endpoint import ACCOUNT, REGION, connect
from offline.twin.service import Service
from offline.twin.synth import Assembly

BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"


def deploy(assembly: Assembly, buckets: Path, services: Sequence[type[Service]]) -> dict[str, str]:
    """Creates all stacks; their outputs by key. `buckets` is the folder of all buckets.

    PlatformError for a resource type that neither moto nor a service knows, and for a resource that cannot be created.
    """
    recipes.install(services)
    _check_types(assembly, services)
    connect("ssm").put_parameter(Name=BOOTSTRAP, Value="30", Type="String", Overwrite=True)
    _upload(assembly, buckets)
    backend = cloudformation_backends[ACCOUNT][REGION]
    outputs: dict[str, str] = {}
    for stack in assembly.stacks:
        # The ids that moto draws (of keys, roles, networks) are then the same after every deployment.
        mock_random.seed(stack.name)
        try:
            created = backend.create_stack(stack.name, json.dumps(stack.template), parameters={})
        except Exception as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise PlatformError(f"{stack.name}: this stack cannot be created locally ({reason}); see log/twin.log.") from error
        outputs |= {output.key: str(output.value) for output in created.output_map.values()}
    mock_random.seed()
    return outputs


def _check_types(assembly: Assembly, services: Sequence[type[Service]]) -> None:
    known = recipes.known(services)
    for stack in assembly.stacks:
        for logical, resource in stack.template.get("Resources", {}).items():
            kind = resource["Type"]
            if kind not in known and not kind.startswith("Custom::"):
                raise PlatformError(
                    f"{stack.name}: the local stack does not know the resource type {kind} ({logical}); "
                    "add a recipe, or a reason to skip it, to its service in offline/twin/services/."
                )


def _upload(assembly: Assembly, buckets: Path) -> None:
    """Copies the assets into their buckets' folders. Their names are hashes, so an existing one is up to date."""
    client = connect("s3")
    created: set[str] = set()
    for asset in assembly.assets():
        bucket = asset.bucket.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)
        if bucket not in created:
            client.create_bucket(Bucket=bucket)
            created.add(bucket)
        target = buckets / bucket / asset.key
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f".put-{target.name}")
            shutil.copyfile(asset.path, draft)
            draft.replace(target)
