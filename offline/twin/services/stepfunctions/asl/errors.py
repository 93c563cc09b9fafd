"""Errors of a state machine, by their names in the language."""

from __future__ import annotations

from collections.abc import Iterable

ALL = "States.ALL"
RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"


class Failure(Exception):  # noqa: N818 - the language's own word
    """An error name and a cause. Retriers and catchers see it, except for States.Runtime."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"{name}: {cause}")
        self.name, self.cause = name, cause


class Interrupted(Exception):  # noqa: N818 - not an error
    """The execution, or a branch of it, was stopped."""


class ExecutionTimedOut(Exception):  # noqa: N818 - the language's own word
    """The state machine's own TimeoutSeconds are over."""


def matches(names: Iterable[str], failure: Failure) -> bool:
    """Whether a retrier or catcher with these names handles the failure."""
    if failure.name == RUNTIME:
        return False
    return failure.name in names or ALL in names or (TASK_FAILED in names and failure.name != TIMEOUT)
