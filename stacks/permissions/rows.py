"""The form of a row of the permission table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Fact(NamedTuple):
    """One action of one role on one resource; a Deny has the action "DENY …". `when` is the condition, empty for none."""

    role: str
    action: str
    resource: str
    when: str = ""


@dataclass(frozen=True)
class Permission:
    """A row: `role` is allowed the actions called `may` on these resources.

    `never` makes the row a Deny. `only` names the settings that the row depends on; no-govern is a lake without Lake Formation,
    no-revoked one whose tables IAMAllowedPrincipals may still read.
    """

    role: str
    may: str
    on: tuple[str, ...]
    when: str = ""
    only: str = ""
    never: bool = False
