"""What the local stack needs of this machine. Checked before anything is started, so that each lack is one sentence."""

from __future__ import annotations

import os
import pwd
import resource
from pathlib import Path

from contracts.errors import PlatformError

OPEN_FILES = 1024
"""Java opens every library of Spark, about 300 files."""
ROOT = Path(__file__).parents[2]


def check(lake: Path) -> None:
    """PlatformError when Spark could not run on this lake, from this clone, for this user."""
    if os.pathsep in str(ROOT):
        raise PlatformError(f"{ROOT}: Java cannot load programs from a path with a colon; move the clone.")
    if "," in str(lake.resolve()):
        raise PlatformError(f"{lake.resolve()}: Spark cannot work in a path with a comma; choose another folder with --lake.")
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        raise PlatformError(
            f"User {os.getuid()} has no name on this machine, and Spark needs one; add the user to /etc/passwd."
        ) from None
    _raise_limit()


def _raise_limit() -> None:
    """Lifts this process' limit of open files, which the server and Spark inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= OPEN_FILES or soft == resource.RLIM_INFINITY:
        return
    try:
        # Only root may lift the hard limit.
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (OPEN_FILES, hard if hard == resource.RLIM_INFINITY else max(hard, OPEN_FILES))
        )
    except (ValueError, OSError):
        raise PlatformError(
            f"A process of this user may open only {hard} files, and Spark needs {OPEN_FILES}; "
            f"raise the limit (ulimit -n {OPEN_FILES}), then try again."
        ) from None
