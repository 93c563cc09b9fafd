"""Runs a job source by source, so that one shop's failure does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from contracts.errors import LakeError, PartialFailureError, UsageError

Result = TypeVar("Result")


def each_source(sources: Sequence[str], run: Callable[[str], Result]) -> list[Result]:
    """The result of `run` for each source, in order.

    A source that fails does not stop the next; the end is then a PartialFailureError that names all failures. The failure of
    an only source is raised as it is. So are usage errors, which every source would repeat, and anything that is not a
    LakeError: Spark may then be in any state.
    """
    results: list[Result] = []
    errors: dict[str, LakeError] = {}
    for source in sources:
        try:
            results.append(run(source))
        except UsageError:
            raise
        except LakeError as error:
            if len(sources) == 1:
                raise
            errors[source] = error
    if errors:
        failures = " ".join(f"{source}: {error}" for source, error in errors.items())
        raise PartialFailureError(
            f"{len(errors)} of {len(sources)} sources failed; the others were processed. {failures}",
            errors=errors,
            results=results,
        )
    return results
