"""Runs commands as another user of this machine."""

from __future__ import annotations

import os
import shutil

import pytest

# Another user who may read everything, because the Python of these tests may be in root's home.
READ_ALL = "--inh-caps=-all,+dac_read_search --ambient-caps=-all,+dac_read_search --bounding-set=-all,+dac_read_search".split()
is_root = pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")


def as_user(uid: int) -> list[str]:
    """The beginning of a command that runs as this user."""
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *READ_ALL]
