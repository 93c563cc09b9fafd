"""Python imports this module at start if its folder is on PYTHONPATH; so a test's child processes are guarded too."""

from __future__ import annotations

import network_guard

network_guard.install()
