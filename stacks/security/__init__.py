"""The security rules that every synth enforces, and the exceptions from them with reasons."""

from __future__ import annotations

from stacks.security.packs import PACKS, STANDARDS, acknowledge, add_nag_checks
from stacks.security.wildcards import acknowledge_wildcard

__all__ = ["PACKS", "STANDARDS", "acknowledge", "acknowledge_wildcard", "add_nag_checks"]
