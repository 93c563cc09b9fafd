"""Where a browser may be sent."""

from __future__ import annotations


def local(target: str) -> str:
    """A path of this server: `//elsewhere` would lead to another one."""
    return "/" + target.lstrip("/\\")
