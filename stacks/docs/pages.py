"""The generated parts, and the pages with all parts up to date."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from contracts.errors import PlatformError
from stacks.cost.scale import scale
from stacks.docs.deployments import Deployments
from stacks.docs.diagram import diagram
from stacks.docs.security import accepted_by_checkov, actions, exceptions, key_users, permissions, trusted

ROOT = Path(__file__).parents[2]
PAGES = ("docs/architecture.md", "docs/scale.md", "docs/security.md")
PARTS: dict[str, Callable[[Deployments], str]] = {
    "actions": lambda _: actions(),
    "checkov": lambda _: accepted_by_checkov(ROOT),
    "diagram": lambda deployments: diagram(deployments.plain),
    "exceptions": lambda deployments: exceptions(deployments.every),
    "key_users": lambda deployments: key_users(deployments.every),
    "permissions": lambda _: permissions(),
    "scale": lambda deployments: scale(deployments.plain),
    "trusted": lambda _: trusted(),
}
_PART = re.compile(r"(<!-- from (\w+) -->\n)(?:.*?\n)??(<!-- end -->)", re.DOTALL)


def written() -> dict[Path, str]:
    """The text of every page by path, with regenerated parts; PlatformError for an unknown part."""
    deployments = Deployments()

    def part(marker: re.Match[str]) -> str:
        if marker[2] not in PARTS:
            raise PlatformError(f"docs: {marker[2]} is not a generated part; expected one of {', '.join(PARTS)}; fix the marker.")
        return f"{marker[1]}{PARTS[marker[2]](deployments)}\n{marker[3]}"

    return {ROOT / page: _PART.sub(part, (ROOT / page).read_text(encoding="utf-8")) for page in PAGES}
