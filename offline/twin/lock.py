"""File locks on a lake's folder, so that two processes never work on the same lake."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from contracts.errors import BusyError


@contextmanager
def locked(lake: Path, name: str, *, wait: bool) -> Iterator[None]:
    """Holds the lake's lock of this name. BusyError names the holder when the lock is taken and `wait` is false."""
    lake.mkdir(parents=True, exist_ok=True)
    with (lake / f"{name}.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.seek(0)
            raise BusyError(
                f"{lake}: another {name} is working on this lake ({file.read().strip() or 'just started'}); "
                "two would overwrite each other's partitions. Wait until it ends, then try again."
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now().astimezone():%H:%M:%S}\n")
        file.flush()
        yield
