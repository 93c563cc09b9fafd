"""Errors that a user may see: one sentence with what, where and the remedy; never a traceback.

Every class has a `code` for programs and an `exit_code` for shells; docs/operations.md lists both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar


class LakeError(Exception):
    """The base of all expected errors; raise one of its subclasses."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    @property
    def may_pass(self) -> bool:
        """Whether the same run may succeed later without any change."""
        return False


class UsageError(LakeError):
    """An argument, option, setting or query is wrong."""

    code = "usage"
    exit_code = 2


class SourceError(LakeError):
    """A source folder, or a file that was delivered for a source, is wrong."""

    code = "source"
    exit_code = 3


class ContractError(LakeError):
    """A contract file is wrong, or a table does not meet its contract."""

    code = "contract"
    exit_code = 4


class UnaccountedError(LakeError):
    """Rows that were read are not accounted for; the run committed nothing."""

    code = "unaccounted"
    exit_code = 5


class PlatformError(LakeError):
    """The platform failed: storage, Spark, the local stack, a deployment."""

    code = "platform"
    exit_code = 6

    @property
    def may_pass(self) -> bool:
        return True


class BusyError(LakeError):
    """Another process is working on the same lake."""

    code = "busy"
    exit_code = 7

    @property
    def may_pass(self) -> bool:
        return True


class VerificationError(LakeError):
    """Results differ from the ground truth, or a lake's files from its ledger."""

    code = "verification"
    exit_code = 8


class PartialFailureError(LakeError):
    """Some sources failed; the others were processed. `errors` are the failures by source, `results` those of the others."""

    code = "partial"
    exit_code = 9

    def __init__(self, message: str, *, errors: Mapping[str, LakeError] | None = None, results: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.errors = dict(errors or {})
        self.results = tuple(results)

    @property
    def may_pass(self) -> bool:
        return any(error.may_pass for error in self.errors.values())


class ModelError(LakeError):
    """A model cannot be learned from the data, or must not be used."""

    code = "model"
    exit_code = 10


FINAL = ", final]"
PARTIAL = f"[{PartialFailureError.code}"


def marked(error: LakeError) -> str:
    """The message as a job run ends with it, such as `[source, final] shop/a.csv: …`.

    Glue reports nothing of an error but its text. The batch looks for the marks FINAL and PARTIAL in it: it does not retry a
    final error, and after a partial one it goes on with the other sources.
    """
    return f"[{error.code}{']' if error.may_pass else FINAL} {error}"


def error_classes() -> Iterator[type[LakeError]]:
    """Every class of error, subclasses of subclasses included."""
    waiting = [LakeError]
    while waiting:
        error_class = waiting.pop()
        yield error_class
        waiting += error_class.__subclasses__()


def by_code(code: str) -> type[LakeError]:
    """The class with this code; LakeError itself for an unknown one."""
    return next((error_class for error_class in error_classes() if error_class.code == code), LakeError)
