"""The deployments that the pages describe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from stacks.synthesized import templates

Templates = Mapping[str, Mapping[str, Any]]
WIDE = {
    "networking": "private",
    "govern": True,
    "encrypt_catalog": True,
    "data_events": True,
    "models": ["thelook"],
    "dashboard": {"enabled": True},
}


class Deployments:
    """Synthesized on first use."""

    @cached_property
    def plain(self) -> Templates:
        """Prod with default settings, for the diagram."""
        return templates(env="prod")

    @cached_property
    def every(self) -> list[Templates]:
        """Prod with default settings and with every option, so that every exception appears."""
        return [self.plain, templates(env="prod", overrides=WIDE)]


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = [*columns]
    lines = [heads, ["---"] * len(heads), *[[cell.replace("|", "\\|") for cell in row] for row in rows]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
