"""Runs event sources: wakes up when records are put, when a wait ends, and once a second; shards are delivered in parallel."""

from __future__ import annotations

import threading
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor, wait

from offline.twin.services.awslambda.event_source.shard import POLL_SECONDS, ShardDelivery
from offline.twin.services.awslambda.event_source.source import EventSource

MOST_SHARDS = 32
STOP_SECONDS = 5.0


class Runner:
    """One event source in threads of its own."""

    def __init__(self, source: EventSource) -> None:
        self._source = source
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._due: dict[ShardDelivery, float] = {}
        self._running: set[ShardDelivery] = set()
        self._pool = ThreadPoolExecutor(MOST_SHARDS, thread_name_prefix="event-source")
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def is_working(self) -> bool:
        return self._source.is_working

    @property
    def stream_name(self) -> str:
        return self._source.mapping.stream_arn.rpartition("/")[2]

    def start(self) -> None:
        self._thread.start()

    def notify(self, stream: str) -> None:
        """There are new records."""
        if stream == self.stream_name and not self._source.is_working:
            with self._lock:
                self._due.clear()
            self._wake.set()

    def stop(self) -> None:
        """Lets the invocations in progress end, up to a limit. Those that do not are delivered again by the next server."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(STOP_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        futures: set[Future[None]] = set()
        while not self._stopping.is_set():
            self._wake.wait(self._pause())
            self._wake.clear()
            now = time.monotonic()
            try:
                deliveries = self._source.deliveries()
            except Exception:  # noqa: BLE001 - logged; the stream may have been deleted
                traceback.print_exc()
                self._stopping.wait(POLL_SECONDS)
                continue
            with self._lock:
                due = [each for each in deliveries if each not in self._running and self._due.get(each, 0) <= now]
                self._running.update(due)
            futures = {future for future in futures if not future.done()}
            futures |= {self._pool.submit(self._poll, delivery) for delivery in due}
        wait(futures, timeout=STOP_SECONDS)

    def _pause(self) -> float:
        with self._lock:
            waits = [at - time.monotonic() for each, at in self._due.items() if each not in self._running]
        return max(0.0, min([POLL_SECONDS, *waits]))

    def _poll(self, delivery: ShardDelivery) -> None:
        """Polls as long as there is something to do at once."""
        seconds = POLL_SECONDS
        try:
            while (seconds := delivery.poll()) <= 0 and not delivery.is_finished and not self._stopping.is_set():
                pass
        except Exception:  # noqa: BLE001 - logged, and polled again
            traceback.print_exc()
            seconds = POLL_SECONDS
        with self._lock:
            self._running.discard(delivery)
            self._due[delivery] = time.monotonic() + seconds
        self._wake.set()
