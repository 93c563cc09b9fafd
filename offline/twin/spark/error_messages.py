"""One-sentence error messages for failures that are not our own errors."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contracts.errors import LakeError
from glue_jobs.lib.lake.damage import damage_in

FULL = "No space left on device"
DENIED = "Permission denied"
OUT_OF_MEMORY = "OutOfMemoryError"


def sentence(error: BaseException, *, log: Path, memory: str, logged_before: int = 0) -> str:
    """One sentence with the first line of the root cause and the log file. A LakeError keeps its own message.

    `logged_before` is the size of the log when the run started: after an OutOfMemoryError Java may end, and only its log has
    the reason.
    """
    if isinstance(error, LakeError):
        return str(error)
    if damage := damage_in(error):
        return str(damage)
    causes = list(_causes(error))
    text = "\n".join(causes)
    lake = log.parent.parent
    if FULL in text or _errno(error) in (errno.ENOSPC, errno.EDQUOT):
        return f"No space left on the disk of {lake}; committed work is kept. Free some space, then run again (log: {log})."
    if DENIED in text or _errno(error) in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"No permission to write to the lake {lake} ({_cause_with(causes, DENIED)}); committed work is kept. "
            f"Get write permission, then run again (log: {log})."
        )
    ended = type(error).__name__ in ("Py4JNetworkError", "ConnectionRefusedError", "Py4JError")
    if OUT_OF_MEMORY in text or (ended and OUT_OF_MEMORY in _logged_since(log, logged_before)):
        return (
            f"Spark ran out of memory ({memory}); committed work is kept. "
            f"Run again with more, for example --memory 8g or SHOPLAKE_MEMORY=8g (log: {log})."
        )
    if ended:
        return (
            f"Spark's process ended in the middle of the run, possibly because this machine ran out of memory; "
            f"committed work is kept. Run again (log: {log})."
        )
    cause = causes[-1] if causes else type(error).__name__
    return f"The run failed: {cause.rstrip('.')}; committed work is kept. Details are in {log}."


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


def _cause_with(causes: list[str], words: str) -> str:
    return next((line for line in reversed(causes) if words in line), words)


def _errno(error: BaseException) -> int | None:
    return error.errno if isinstance(error, OSError) else None
