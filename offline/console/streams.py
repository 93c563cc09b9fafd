"""The terminal: where answers go (stdout), and where sentences and progress go (stderr)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from offline.console.render import visible


def out() -> Console:
    return Console(highlight=False)


def err() -> Console:
    return Console(stderr=True, highlight=False)


def print_error(sentence: str) -> None:
    """One sentence in red; long ones are wrapped by the terminal, so that they can be copied whole."""
    err().print(visible(sentence), style="red", markup=False, soft_wrap=True)


def print_message(sentence: str, *, style: str = "") -> None:
    err().print(visible(sentence), style=style, markup=False, soft_wrap=True)


@contextmanager
def working(on: str) -> Iterator[None]:
    """Turns something in the terminal while the block runs; silent where there is none."""
    console = err()
    if not console.is_terminal:
        yield
        return
    with console.status(on):
        yield
