"""Imports that wait until a test needs them, so that running one test does not import the CDK for all others."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Lazy:
    """Stands for a module, or for a name in it, until first used."""

    def __init__(self, module: str, name: str | None) -> None:
        self._module, self._name = module, name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_") or attribute == "pytestmark":  # pytest asks all names in a module for these
            raise AttributeError(attribute)
        return getattr(self._loaded(), attribute)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._loaded()(*arguments, **named)

    def _loaded(self) -> Any:
        module = import_module(self._module)
        return module if self._name is None else getattr(module, self._name)


def lazy(module: str, name: str | None = None) -> Any:
    """The module, or what is called `name` in it; imported when it is first used or called."""
    return _Lazy(module, name)
