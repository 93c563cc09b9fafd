"""What went wrong, in one sentence, when it was not one of our own errors."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.errors import LakeError

FULL = "No space left on device"
DENIED = "Permission denied"
OUT_OF_MEMORY = "OutOfMemoryError"


def sentence(error: BaseException, *, log: Path, memory: str, logged_before: int = 0) -> str:
    """One sentence with the first line of the root cause, and where the rest can be read. A LakeError is its own sentence.

    `logged_before` is the size of the log when the run started: after an OutOfMemoryError Java may end with nothing but its log
    to say why.
    """
    if isinstance(error, LakeError):
        return str(error)
    told = list(_causes(error))
    everything = "\n".join(told)
    lake = log.parent.parent
    if FULL in everything or _errno(error) in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"No space is left for the lake in {lake}; what was committed before stands. "
            f"Free some space and run again (log: {log})."
        )
    if DENIED in everything or _errno(error) in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"There is no permission to write in the lake {lake} ({_naming(told, DENIED)}); what was committed before stands. "
            f"Get write permission and run again (log: {log})."
        )
    ended = type(error).__name__ in ("Py4JNetworkError", "ConnectionRefusedError", "Py4JError")
    if OUT_OF_MEMORY in everything or (ended and OUT_OF_MEMORY in _logged_since(log, logged_before)):
        return (
            f"Spark ran out of memory ({memory}); what was committed before stands. "
            f"Run again with more, for example --memory 8g or SHOPLAKE_MEMORY=8g (log: {log})."
        )
    if ended:
        return (
            f"Spark's process ended in the middle of the run, perhaps for want of memory on this machine; "
            f"what was committed before stands. Run again (log: {log})."
        )
    cause = told[-1] if told else type(error).__name__
    return f"The run failed: {cause.rstrip('.')}; what was committed before stands. The whole story is in {log}."


def _logged_since(log: Path, start: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _causes(error: BaseException) -> Iterator[str]:
    """The first line of every message from the outermost error to the root cause."""
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while java is not None:
        yield _first_line(java.toString())
        java = _java_cause(java)
    if getattr(error, "java_exception", None) is None and getattr(error, "_origin", None) is None:
        yield _first_line(str(error) or type(error).__name__)
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)


def _java_cause(java: Any) -> Any:
    return java.getCause()


def _first_line(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "")
    return " ".join(line.split())[:400]


def _naming(told: list[str], words: str) -> str:
    return next((line for line in reversed(told) if words in line), words)


def _errno(error: BaseException) -> int | None:
    return error.errno if isinstance(error, OSError) else None
