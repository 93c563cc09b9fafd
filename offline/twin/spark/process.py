"""The Glue executor's handle on the Spark process: starts it, sends it requests, and kills it together with its Java."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any

# The heap of the one process that is driver and executor. Java needs some 0.6 GiB more, and all of it is to stay below 4.5 GiB.
MEMORY = "3840m"
# Up to so many bytes in all zones together a lake has few rows, or some; the demo's shop of 125,000 events has some.
SIZES = {"few": 8 << 20, "some": 64 << 20}
ROWS = (*SIZES, "many")


def rows_of(lake: Path, buckets: Sequence[str]) -> str:
    """For how many rows Spark should be set up, as one of ROWS."""
    folders = (walked for bucket in buckets for walked in os.walk(lake / "s3" / bucket))
    sizes = (_size(Path(folder, name)) for folder, _, names in folders for name in names)
    rows = ROWS[0]
    for total in accumulate(sizes):
        rows = next((name for name, most in SIZES.items() if total <= most), ROWS[-1])
        if rows == ROWS[-1]:
            break
    return rows


def _size(file: Path) -> int:
    """The size of a file; 0 if it is gone, as files of the live path may be."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


class Worker:
    """The Spark process. It and its Java are one process group, so that both end together."""

    def __init__(self, lake: Path, memory: str, buckets: Sequence[str]) -> None:
        self.memory, self.rows, self.py_files = memory, rows_of(lake, buckets), set[str]()
        log = lake / "log" / "spark.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "offline.twin.spark.worker", str(lake), memory, self.rows, *buckets],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                text=True,
            )

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a request; None when the process ended instead."""
        assert self._process.stdin
        assert self._process.stdout
        self.py_files.update(request["py_files"])
        with suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            if line := self._process.stdout.readline():
                answer: dict[str, Any] = json.loads(line)
                return answer
        return None

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """Kills the process and its Java at once. The next run recovers whatever this one left unfinished."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
