"""Which table a run is working on, for anyone who shows progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_listeners: list[Callable[[str], None]] = []


@contextmanager
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Calls `listener` with the name of each table that is started while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def table_started(table: str) -> None:
    """Reports that work on a table begins."""
    for listener in _listeners:
        listener(table)
