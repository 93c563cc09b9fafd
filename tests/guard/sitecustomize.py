"""Python imports this by name at start-up when its folder is on PYTHONPATH: child processes of a test are guarded too."""

from __future__ import annotations

import network_guard

network_guard.install()
