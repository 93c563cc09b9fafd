"""The command `cdk` of this environment: the pinned CDK command line on the wheel's Node, so that a machine needs neither."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stacks.node import environment

CLI = Path(__file__).parents[1] / "tools" / "cdk" / "node_modules" / "aws-cdk" / "bin" / "cdk"
# It works from what is here: no word home about its use, and no look at the registry for a newer one.
QUIET = {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "true"}


def main() -> None:
    """Becomes the CDK's own process, with the same arguments."""
    if not CLI.is_file():
        sys.exit("cdk: the CDK's command line is not installed; run `make cdk`.")
    env = os.environ | environment() | QUIET
    os.execve(env["JSII_NODE"], [env["JSII_NODE"], str(CLI), *sys.argv[1:]], env)  # noqa: S606 - no shell is wanted
