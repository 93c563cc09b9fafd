"""The synthesized app becomes resources: assets into their bucket, then every stack in order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from moto.cloudformation import parsing
from moto.cloudformation.models import cloudformation_backends
from moto.moto_api._internal import mock_random

from contracts.errors import PlatformError
from offline.twin import moto_patches, types
from offline.twin.endpoint import ACCOUNT, REGION, connect
from offline.twin.synth import Assembly, physical_name

BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"


def install() -> None:
    """Names and ids that moto would draw are the same at every deployment."""
    parsing.generate_resource_name = physical_name
    moto_patches.install()
    types.install()


def deploy(assembly: Assembly, buckets: Path) -> dict[str, str]:
    """Creates all stacks; their outputs by key. `buckets` is the folder of all buckets.

    LakeError for a type that neither moto nor the twin knows, and for a resource that cannot be created.
    """
    _refuse_unknown(assembly)
    connect("ssm").put_parameter(Name=BOOTSTRAP, Value="30", Type="String", Overwrite=True)
    _upload(assembly, buckets)
    backend = cloudformation_backends[ACCOUNT][REGION]
    outputs: dict[str, str] = {}
    for stack in assembly.stacks:
        # What moto draws (ids of keys, roles, networks) follows from the stack's name.
        mock_random.seed(stack.name)
        try:
            made = backend.create_stack(stack.name, json.dumps(stack.template), parameters={})
        except Exception as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise PlatformError(f"{stack.name}: this stack cannot be created locally ({first}); see log/twin.log.") from error
        outputs |= {output.key: str(output.value) for output in made.output_map.values()}
    mock_random.seed()
    return outputs


def _refuse_unknown(assembly: Assembly) -> None:
    known = types.known()
    for stack in assembly.stacks:
        for logical, resource in stack.template.get("Resources", {}).items():
            kind = resource["Type"]
            if kind not in known and not kind.startswith("Custom::"):
                raise PlatformError(
                    f"{stack.name}: the twin knows no resource type {kind} ({logical}); "
                    "add a recipe for it in offline/twin/types.py, or a reason why it is skipped."
                )


def _upload(assembly: Assembly, buckets: Path) -> None:
    """Straight to where the objects lie; what is there already is the same, as names are hashes."""
    client = connect("s3")
    made: set[str] = set()
    for asset in assembly.assets():
        bucket = asset.bucket.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)
        if bucket not in made:
            client.create_bucket(Bucket=bucket)
            made.add(bucket)
        place = buckets / bucket / asset.key
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            draft = place.with_name(f".put-{place.name}")
            shutil.copyfile(asset.path, draft)
            draft.replace(place)
