"""Reading Dash components in tests."""

from __future__ import annotations

from collections.abc import Iterator


def words(component: object) -> str:
    """All text of a component."""
    if isinstance(component, str):
        return component
    if isinstance(component, list | tuple):
        return " ".join(words(one) for one in component)
    parts = [getattr(component, "children", None), getattr(component, "title", None)]
    return " ".join(words(part) for part in parts if part is not None)


def components(part: object) -> Iterator[object]:
    """A component and all that is in it."""
    if isinstance(part, list | tuple):
        for one in part:
            yield from components(one)
    elif part is not None and not isinstance(part, str):
        yield part
        yield from components(getattr(part, "children", None))
