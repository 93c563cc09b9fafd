"""The command `cdk` of this environment: the pinned CDK CLI on the Node from the wheel, so neither has to be installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from stacks.node import environment

CLI = Path(__file__).parents[1] / "tools" / "cdk" / "node_modules" / "aws-cdk" / "bin" / "cdk"
# No telemetry, and no look-up of newer versions in the registry.
QUIET = {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "true"}


def main() -> None:
    """Replace this process with the CDK CLI, with the same arguments."""
    if not CLI.is_file():
        sys.exit("cdk: the CDK CLI is not installed; run `make cdk`.")
    env = os.environ | environment() | QUIET
    os.execve(env["JSII_NODE"], [env["JSII_NODE"], str(CLI), *sys.argv[1:]], env)  # noqa: S606 - no shell needed
