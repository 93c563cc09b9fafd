"""When an execution, a branch or a task has to end before its time."""

from __future__ import annotations

import threading
import time

from offline.twin.services.stepfunctions.asl.errors import Interrupted

POLL_SECONDS = 0.05


class Control:
    """Can be stopped, and may have a time limit with the error that it raises. Also ends when its parent does."""

    def __init__(self, parent: Control | None = None, *, seconds: float | None = None, error: Exception | None = None) -> None:
        self._parent, self._error = parent, error
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def check(self) -> None:
        """Raises Interrupted when stopped, and the error when the time is over."""
        if self._parent:
            self._parent.check()
        if self._stopped.is_set():
            raise Interrupted
        if self._error and self._deadline is not None and time.monotonic() > self._deadline:
            raise self._error

    def sleep(self, seconds: float) -> None:
        """Sleeps, unless it has to end earlier."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            self._stopped.wait(min(left, POLL_SECONDS))
        self.check()
