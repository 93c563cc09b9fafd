"""Processes of all functions: warm ones are used again, and no more run at once than Lambda would allow."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter, defaultdict
from pathlib import Path

from offline.twin.services.awslambda.answers import Answer, ThrottledError
from offline.twin.services.awslambda.process import Function, Process

# The quota of a new account.
ACCOUNT_CONCURRENCY = 10
IDLE_SECONDS = 300.0
LOG_BYTES = 16 << 20


class Pool:
    """Invokes functions. `logs` is the folder of their log files."""

    def __init__(self, logs: Path, endpoint: dict[str, str], *, concurrency: int = ACCOUNT_CONCURRENCY) -> None:
        self._logs, self._endpoint, self._concurrency = logs, endpoint, concurrency
        self._lock = threading.Lock()
        self._idle: dict[str, list[Process]] = defaultdict(list)
        self._running: Counter[str] = Counter()
        self._reserved: dict[str, int] = {}
        self._is_stopped = False

    @property
    def is_working(self) -> bool:
        return self._running.total() > 0

    def invoke(self, function: Function, payload: bytes) -> Answer:
        """The answer of a warm process or of a new one (a cold start); ThrottledError at the limit."""
        process = self._take(function)
        try:
            if process is None:
                process = Process(function, endpoint=self._endpoint, log=self._log(function))
            return process.invoke(payload, str(uuid.uuid4()))
        finally:
            self._release(function, process)

    def stop(self) -> None:
        """Ends all idle processes, and those that work as soon as they are done."""
        with self._lock:
            self._is_stopped = True
            processes = [process for idle in self._idle.values() for process in idle]
            self._idle.clear()
        for process in processes:
            process.kill()

    def _take(self, function: Function) -> Process | None:
        with self._lock:
            self._check_limits(function)
            self._running[function.name] += 1
            expired = self._expired(function)
            idle = self._idle[function.version]
            process = idle.pop() if idle else None
        for each in expired:
            each.kill()
        return process

    def _check_limits(self, function: Function) -> None:
        reserved = function.reserved_concurrency
        if reserved is not None:
            self._reserved[function.name] = reserved
            if self._running[function.name] >= reserved:
                raise ThrottledError("ReservedFunctionConcurrentInvocationLimitExceeded")
            return
        self._reserved.pop(function.name, None)
        shared = sum(count for name, count in self._running.items() if name not in self._reserved)
        if shared >= self._concurrency - sum(self._reserved.values()):
            raise ThrottledError("ConcurrentInvocationLimitExceeded")

    def _expired(self, function: Function) -> list[Process]:
        """Takes out the processes that have been idle for long, and those of an older version of the function."""
        oldest = time.monotonic() - IDLE_SECONDS
        expired = []
        for version, idle in self._idle.items():
            is_old = idle and idle[0].function.name == function.name and version != function.version
            gone = [process for process in idle if is_old or process.idle_since < oldest]
            expired += gone
            self._idle[version] = [process for process in idle if process not in gone]
        return expired

    def _release(self, function: Function, process: Process | None) -> None:
        with self._lock:
            self._running[function.name] -= 1
            is_kept = process is not None and process.is_usable and not self._is_stopped
            if process is not None and is_kept:
                process.idle_since = time.monotonic()
                self._idle[function.version].append(process)
        if process is not None and not is_kept:
            process.kill()

    def _log(self, function: Function) -> Path:
        """The function's log file; the one before is kept when it has grown large."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{function.name}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        return log
