"""The terminal: where answers go (stdout), and where sentences and progress go (stderr)."""

from __future__ import annotations

from rich.console import Console

from offline.show import visible


def out() -> Console:
    return Console(highlight=False)


def err() -> Console:
    return Console(stderr=True, highlight=False)


def say_wrong(sentence: str) -> None:
    """One sentence in red; long ones are wrapped by the terminal, so that they can be copied whole."""
    err().print(visible(sentence), style="red", markup=False, soft_wrap=True)


def say(sentence: str, *, style: str = "") -> None:
    err().print(visible(sentence), style=style, markup=False, soft_wrap=True)
