"""The terminal: results go to stdout, messages and progress to stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from offline.console.render import visible


def out() -> Console:
    """The console for results."""
    return Console(highlight=False)


def err() -> Console:
    """The console for messages and progress."""
    return Console(stderr=True, highlight=False)


def print_error(sentence: str) -> None:
    """Prints an error in red. The terminal wraps long ones, so that they can be copied in one piece."""
    err().print(visible(sentence), style="red", markup=False, soft_wrap=True)


def print_message(sentence: str, *, style: str = "") -> None:
    """Prints a message to stderr."""
    err().print(visible(sentence), style=style, markup=False, soft_wrap=True)


@contextmanager
def working(activity: str) -> Iterator[None]:
    """Shows a spinner while the block runs; silent where stderr is not a terminal."""
    console = err()
    if not console.is_terminal:
        yield
        return
    with console.status(activity):
        yield
