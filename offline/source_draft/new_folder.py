"""Where a new source folder may be written."""

from __future__ import annotations

from pathlib import Path

from contracts.errors import UsageError
from glue_jobs.lib.source_definition.naming import name_problem, timezone_problem


def checked_folder(folder: Path, *, timezone: str) -> None:
    """UsageError for a name or time zone that no source may have, or a folder that exists."""
    if problem := name_problem(folder.name):
        raise UsageError(problem)
    if problem := timezone_problem(timezone):
        raise UsageError(f"--timezone {timezone}: {problem}")
    if folder.exists():
        raise UsageError(f"{folder}: exists already; choose another name, or remove it.")
