"""One run of a job at a time: a lease per job, so that no run drops or obeys the staged files of another that still works.

In S3 the lease is an object that only one of several writers can create (`If-None-Match`). Its holder renews it; a lease that
nobody renews for TTL seconds is taken over, however the clocks stand. In folders it is a lock on a file, which ends with its
process: the lease of a killed run keeps nobody waiting.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from contracts.errors import BusyError
from glue_jobs.lib.lake.context import Lake

TTL, RENEWED_EVERY, ASKED_EVERY = 180.0, 45.0, 5.0
LOST = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404")


class Lease(Protocol):
    """A lease that is held."""

    def check(self) -> None:
        """BusyError if another run has taken it over."""

    def release(self) -> None: ...


_held: dict[str, Lease] = {}


@contextmanager
def lease(lake: Lake, *, job: str) -> Iterator[None]:
    """Holds the job's lease of the lake; BusyError, which names the holder, if another run of the job has it."""
    uri = lease_uri(lake, job)
    folder = _folder(lake, uri)
    taken: Lease = FileLease(folder, uri) if folder else ObjectLease(_client(), uri)
    _held[uri] = taken
    try:
        yield
    finally:
        del _held[uri]
        taken.release()


def check_lease(lake: Lake, *, job: str) -> None:
    """BusyError if this process held the job's lease and has lost it."""
    if taken := _held.get(lease_uri(lake, job)):
        taken.check()


def lease_uri(lake: Lake, job: str) -> str:
    """Below the prefix of the job's own commit records, which no other job may write."""
    return f"{lake.processed}/_commits/{job}.lease"


class FileLease:
    """A locked file; the system unlocks it when its process ends, in whatever way."""

    def __init__(self, path: Path, uri: str) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.read(self._file, 200).decode(errors="replace").strip() or "just started"
                os.close(self._file)
                raise _busy(uri, holder, "Wait until it ends, then run again.") from None
            if self._is_current():
                break
            os.close(self._file)  # its holder has just released it
        with suppress(OSError):  # a full disk only costs the text
            os.ftruncate(self._file, 0)
            os.write(self._file, _holder().encode())

    def check(self) -> None:
        """A lock cannot be taken over."""

    def release(self) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._file)

    def _is_current(self) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        return False


class ObjectLease:
    """An object in S3; `client` is boto3's."""

    def __init__(self, client: Any, uri: str, *, wait: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(uri)
        self._client, self._uri, self._place = client, uri, {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}
        self._etag = self._acquire(wait)
        self._guard, self._ended = threading.Lock(), threading.Event()
        self._renewal = threading.Thread(target=self._renew_regularly, daemon=True)
        self._renewal.start()

    def check(self) -> None:
        self._renew()

    def release(self) -> None:
        self._ended.set()
        self._renewal.join()
        with suppress(BusyError):
            self._renew()  # deletes have no condition on every S3; make sure that it is still ours
            self._client.delete_object(**self._place)

    def _acquire(self, wait: Callable[[float], None]) -> str:
        """The ETag of the lease. Waits while the present one may be abandoned, and gives up when its holder renews it."""
        seen, waited = None, 0.0
        while (etag := self._put(IfNoneMatch="*")) is None:
            current = self._current()
            if current is None:
                continue
            if seen not in (None, current[0]):
                remedy = f"Wait until it ends. If it is known to be dead, it is taken over after {TTL:.0f} seconds."
                raise _busy(self._uri, current[1], remedy)
            if waited >= TTL:
                if etag := self._put(IfMatch=current[0]):
                    return etag
                continue
            seen, waited = current[0], waited + ASKED_EVERY
            wait(ASKED_EVERY)
        return etag

    def _current(self) -> tuple[str, str] | None:
        """ETag and holder of the lease; None if it was just released."""
        try:
            answer = self._client.get_object(**self._place)
        except self._client.exceptions.ClientError as error:
            _raise_unless_lost(error)
            return None
        return answer["ETag"], answer["Body"].read().decode(errors="replace").split("\n")[0]

    def _put(self, **condition: str) -> str | None:
        """Writes the lease if the condition holds; its new ETag, or None."""
        # The id makes the ETag new even if the holder writes the same sentence again.
        body = f"{_holder()}\n{uuid.uuid4().hex}\n".encode()
        try:
            return str(self._client.put_object(**self._place, Body=body, **condition)["ETag"])
        except self._client.exceptions.ClientError as error:
            _raise_unless_lost(error)
            return None

    def _renew(self) -> None:
        with self._guard:
            etag = self._put(IfMatch=self._etag)
            if etag is None:
                holder = (self._current() or ("", "nobody"))[1]
                raise _busy(self._uri, holder, "It took over this run's lease; this run committed nothing. Run again.")
            self._etag = etag

    def _renew_regularly(self) -> None:
        while not self._ended.wait(RENEWED_EVERY):
            try:
                self._renew()
            except BusyError:
                return  # the check before the commit reports it
            except Exception as error:  # noqa: BLE001 - S3 may answer again before the lease is abandoned
                sys.stderr.write(f"{self._uri}: could not be renewed ({type(error).__name__}); trying again.\n")


def _raise_unless_lost(error: Exception) -> None:
    """Raises the error unless it is S3's answer that the condition does not hold."""
    answer: Any = getattr(error, "response", {})
    if answer.get("Error", {}).get("Code") not in LOST:
        raise error


def _busy(uri: str, holder: str, remedy: str) -> BusyError:
    job = uri.rpartition("/")[2].removesuffix(".lease")
    return BusyError(f"{uri}: another run of the job {job} is working on this lake ({holder}). {remedy}")


def _holder() -> str:
    run = next((value for name, value in zip(sys.argv, sys.argv[1:], strict=False) if name == "--JOB_RUN_ID"), "")
    who = f"run {run}" if run else f"process {os.getpid()} on {socket.gethostname()}"
    return f"{who}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _folder(lake: Lake, uri: str) -> Path | None:
    """The file of the lease if its bucket is mapped to a folder of this machine."""
    parts = urlsplit(uri)
    configuration: Any = lake.spark.sparkContext._jsc.hadoopConfiguration()  # noqa: SLF001 - as in storage.py
    root = configuration.get(f"fs.viewfs.mounttable.{parts.netloc}.linkFallback")
    return Path(unquote(urlsplit(root).path)) / parts.path.lstrip("/") if root else None


def _client() -> Any:
    import boto3  # noqa: PLC0415 - only on AWS, where Glue provides it

    return boto3.client("s3")
