"""Which parts there are, and the pages with their parts as they ought to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from contracts.errors import PlatformError
from stacks.docs.deployments import Deployments
from stacks.docs.diagram import diagram
from stacks.docs.security import actions, exceptions, judged_by_checkov, permissions, trusted

ROOT = Path(__file__).parents[2]
PAGES = ("docs/architecture.md", "docs/security.md")
PARTS: dict[str, Callable[[Deployments], str]] = {
    "actions": lambda _: actions(),
    "checkov": lambda _: judged_by_checkov(ROOT),
    "diagram": lambda made: diagram(made.plain),
    "exceptions": lambda made: exceptions(made.every),
    "permissions": lambda _: permissions(),
    "trusted": lambda _: trusted(),
}
_PART = re.compile(r"(<!-- from (\w+) -->\n)(?:.*?\n)??(<!-- end -->)", re.DOTALL)


def written() -> dict[Path, str]:
    """The text of every page by its path, its parts made anew; LakeError for a part that nobody makes."""
    made = Deployments()

    def part(found: re.Match[str]) -> str:
        if found[2] not in PARTS:
            raise PlatformError(f"docs: no part is called {found[2]}; expected one of {', '.join(PARTS)}; mend the marker.")
        return f"{found[1]}{PARTS[found[2]](made)}\n{found[3]}"

    return {ROOT / page: _PART.sub(part, (ROOT / page).read_text(encoding="utf-8")) for page in PAGES}
