"""Numbered errors of the API. docs/api.md is written from these tables; numbers never change their meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of error: its number, the HTTP status of a request that fails with it, and what it means."""

    code: int
    status: int
    meaning: str


NO_ROUTE = Kind(4301, 404, "There is no such route.")
BAD_METHOD = Kind(4302, 405, "The route exists, but not with this method.")


def kinds_among(values: Iterable[object]) -> list[Kind]:
    """All kinds among the values, by number."""
    return sorted({value for value in values if isinstance(value, Kind)}, key=lambda kind: kind.code)
