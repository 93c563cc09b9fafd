"""Reading Dash components in tests."""

from __future__ import annotations


def words(component: object) -> str:
    """All text of a component."""
    if isinstance(component, str):
        return component
    if isinstance(component, list | tuple):
        return " ".join(words(one) for one in component)
    parts = [getattr(component, "children", None), getattr(component, "title", None)]
    return " ".join(words(part) for part in parts if part is not None)
