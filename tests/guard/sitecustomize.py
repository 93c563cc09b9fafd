"""Python imports this by name at start-up if its folder is on PYTHONPATH: a test's child processes are guarded too."""

from __future__ import annotations

import network_guard

network_guard.install()
