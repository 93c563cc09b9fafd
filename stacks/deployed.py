"""What an account has already: `python -m stacks.deployed bootstrapped|leftovers|views -c env=dev …`, for `make deploy`.

`bootstrapped` exits with 1 if the CDK's own stack is missing. `leftovers` names the stacks of earlier settings: the CDK does not
delete a stack that is no longer part of the app. `views` deploys the views of Athena, which no template creates: made through
Glue's API they would go stale.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from athena_queries.deployer import Deployer
from athena_queries.views import load_views
from contracts.errors import LakeError
from stacks.config import LakeConfig
from stacks.lake import optional_stacks

TOOLKIT = "CDKToolkit"


def main(argv: Sequence[str]) -> int:
    """The exit code; other arguments of the CDK are ignored."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("question", choices=("bootstrapped", "leftovers", "views"))
    parser.add_argument("-c", "--context", action="append", default=[])
    options = parser.parse_known_args(list(argv))[0]
    try:
        config = LakeConfig.from_context(dict(entry.split("=", 1) for entry in options.context))
    except LakeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    region = config.region or os.environ.get("AWS_REGION")
    if options.question == "views":
        return _deploy_views(config, region)
    try:
        cloudformation = boto3.client("cloudformation", region_name=region)
        if options.question == "bootstrapped":
            return 0 if _exists(cloudformation, TOOLKIT) else 1
        for sentence in leftovers(cloudformation, config):
            sys.stdout.write(f"{sentence}\n")
    except (BotoCoreError, ClientError):
        # Who may only assume the CDK's roles cannot ask. The CDK itself reports a missing bootstrap.
        return 0
    return 0


def _deploy_views(config: LakeConfig, region: str | None) -> int:
    if os.environ.get("AWS_ENDPOINT_URL"):
        sys.stdout.write("Views: left out, because AWS_ENDPOINT_URL names an emulator, which keeps no views.\n")
        return 0
    try:
        athena, glue = boto3.client("athena", region_name=region), boto3.client("glue", region_name=region)
        deployer = Deployer(athena, glue, config.database("curated"), f"{config.prefix}-analyst", load_views())
        changed = [change for change in deployer.deploy() if change.action != "keep"]
    except LakeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"The views are not deployed: {error}. Run `shoplake views deploy --aws {config.prefix}`.\n")
        return 1
    sys.stdout.write(f"Views: {len(changed)} changed.\n")
    return 0


def leftovers(cloudformation: Any, config: LakeConfig) -> Iterator[str]:
    """A sentence with the remedy for each stack that is deployed, but no longer part of the settings."""
    for name, present in optional_stacks(config).items():
        stack = f"{config.prefix}-{name}"
        if not present and _exists(cloudformation, stack):
            yield (
                f'{stack}: still deployed, but not part of the settings any more; see docs/operations.md, "Remove it", then '
                f"delete it: aws cloudformation delete-stack --stack-name {stack}"
            )


def _exists(cloudformation: Any, stack: str) -> bool:
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return False
    # A bootstrap that failed has to be repeated.
    return found["StackStatus"].endswith("_COMPLETE") and found["StackStatus"] not in ("ROLLBACK_COMPLETE", "DELETE_COMPLETE")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
