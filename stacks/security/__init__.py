"""The security rules that every synth is held to, and the reasoned exceptions from them."""

from __future__ import annotations

from stacks.security.packs import PACKS, STANDARDS, acknowledge, hold_to_rules
from stacks.security.wildcards import acknowledge_wildcard

__all__ = ["PACKS", "STANDARDS", "acknowledge", "acknowledge_wildcard", "hold_to_rules"]
