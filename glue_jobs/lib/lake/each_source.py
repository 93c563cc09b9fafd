"""Runs a job source by source, so that one shop's failure does not stop the others."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

from contracts.errors import LakeError, PartialFailureError, PlatformError

Result = TypeVar("Result")


def each_source(
    sources: Sequence[str], run: Callable[[str], Result], *, healthy: Callable[[], bool] = lambda: False
) -> list[Result]:
    """The result of `run` for each source, in order.

    A source that fails does not stop the next; the end is then a PartialFailureError that names all failures. The failure of
    an only source is raised as it is, and so is one error that all sources share, such as a wrong option. An error that is not a
    LakeError ends the job unless `healthy` finds that Spark still works.
    """
    results: list[Result] = []
    errors: dict[str, LakeError] = {}
    for source in sources:
        try:
            results.append(run(source))
        except LakeError as error:
            if len(sources) == 1:
                raise
            errors[source] = error
        except Exception as error:
            if len(sources) == 1 or not healthy():
                raise
            traceback.print_exc()
            errors[source] = PlatformError(f"{type(error).__name__}: {_first_line(error)}")
    shared = {(type(error), str(error)) for error in errors.values()}
    if len(errors) == len(sources) and len(shared) == 1:
        raise next(iter(errors.values()))
    if errors:
        failures = " ".join(f"{source}: {error}" for source, error in errors.items())
        raise PartialFailureError(
            f"{len(errors)} of {len(sources)} sources failed; the others were processed. {failures}",
            errors=errors,
            results=results,
        )
    return results


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")
