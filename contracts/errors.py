"""The one error that a user may see: a sentence, never a traceback."""

from __future__ import annotations


class LakeError(Exception):
    """Bad input or a broken promise, told in one sentence: what, where, what was expected, what to do."""
