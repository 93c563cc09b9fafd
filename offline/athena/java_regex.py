"""Athena's regular expressions, which are Java's: for patterns and functions that DuckDB's RE2 lacks or answers differently."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import regex  # type: ignore[import-untyped]  # it has no type hints

# \d, \w and \s of Java are ASCII; \b, case-insensitive matches and POSIX classes are Unicode.
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": r"\t\n\x0b\f\r\x20"}
_KEPT_ESCAPES = set("AbBGnrtfaXRKUuxpPN0123456789kgz")
_TOKEN = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\[:\^?\w+:\]|\[|\]|.", re.DOTALL)
# What both engines read alike: literals, simple classes, groups, alternatives, greedy and lazy repeats.
_NOT_RE2 = re.compile(r"\$|\(\?|\\[^dDwW.\\/()\[\]{}+*?^|-]|\[\[|\[\^?\]|&&|[*+?}]\+|\{\d*,?\d{4,}|^\*|^\+|^\?")
_OUTER_ESCAPES = {"Z": r"(?=\n?\z)", "h": "h", "H": "H"}


def suits_re2(pattern: str) -> bool:
    """Whether DuckDB's own functions give Java's answer for this pattern."""
    if not pattern.isascii() or _NOT_RE2.search(pattern):
        return False
    try:
        compiled(pattern)
    except ValueError:
        return False  # so that the error is ours
    return True


@lru_cache(maxsize=512)
def compiled(pattern: str) -> regex.Pattern[str]:
    try:
        return regex.compile(_translated(pattern), regex.VERSION1)
    except regex.error as error:
        raise ValueError(f"Athena<the pattern {pattern!r} is not a regular expression of Java: {error}>") from None


def _translated(pattern: str) -> str:
    out, depth = [], 0
    for token in _TOKEN.findall(pattern):
        if token.startswith("\\Q"):
            out.append(regex.escape(token[2:].removesuffix("\\E")))
        elif token.startswith("\\"):
            out.append(_escape(token[1], in_class=depth > 0))
        elif token.startswith("[[:"):
            out.append(token)
            depth += 1
        else:
            depth += {"[": 1, "]": -1 if depth else 0}.get(token, 0)
            out.append(token)
    return "".join(out)


def _escape(letter: str, *, in_class: bool) -> str:
    if letter.lower() in _CLASSES:
        inner = _CLASSES[letter.lower()]
        if letter.islower():
            return inner if in_class else f"[{inner}]"
        return f"[^{inner}]"
    if letter in _OUTER_ESCAPES:
        return _OUTER_ESCAPES[letter]
    if letter.isascii() and letter.isalnum() and letter not in _KEPT_ESCAPES:
        return letter
    return "\\" + letter


def like(text: str, pattern: str) -> bool:
    return compiled(pattern).search(text) is not None


def extract(text: str, pattern: str, group: int) -> str | None:
    found = _checked(pattern, group).search(text)
    return found[group] if found else None


def extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    return [match[group] for match in _checked(pattern, group).finditer(text)]


def _checked(pattern: str, group: int) -> regex.Pattern[str]:
    expression = compiled(pattern)
    if group < 0 or group > expression.groups:
        raise ValueError(f"Athena<Pattern has {expression.groups} groups. Cannot access group {group}>")
    return expression


def split(text: str, pattern: str) -> list[str]:
    pieces, end = [], 0
    for match in compiled(pattern).finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
    return [*pieces, text[end:]]


def count(text: str, pattern: str) -> int:
    return sum(1 for _ in compiled(pattern).finditer(text))


def position(text: str, pattern: str, start: int, occurrence: int) -> int:
    """Where the match begins, counted from 1; -1 without one."""
    if start < 1 or occurrence < 1:
        raise ValueError("Athena<start position and occurrence must be at least 1>")
    if start > len(text):
        return -1
    for number, match in enumerate(compiled(pattern).finditer(text, pos=start - 1), 1):
        if number == occurrence:
            return int(match.start()) + 1
    return -1


def replace(text: str, pattern: str, replacement: str) -> str:
    expression, parts = compiled(pattern), _replacement(replacement)
    for is_group, part in parts:
        if (
            is_group
            and part not in expression.groupindex
            and int(part if part.isdigit() else -1) not in range(expression.groups + 1)
        ):
            raise ValueError(f"Athena<Illegal replacement sequence: unknown group {part}>")

    def filled(match: Any) -> str:
        return "".join((match[int(part) if part.isdigit() else part] or "") if is_group else part for is_group, part in parts)

    return str(expression.sub(filled, text))


@lru_cache(maxsize=512)
def _replacement(text: str) -> tuple[tuple[bool, str], ...]:
    """A replacement of Java as (is a group, text or group): $1, ${name}, and \\ before a character that stands for itself."""
    parts: list[tuple[bool, str]] = []
    position = 0
    for match in re.finditer(r"\\(.)|\$(\d+)|\$\{(\w+)\}|[\\$]", text, re.DOTALL):
        parts.append((False, text[position : match.start()]))
        position = match.end()
        if match[1] is None and not match[2] and not match[3]:
            raise ValueError("Athena<Illegal replacement sequence: write \\$ for a dollar sign and \\\\ for a backslash>")
        parts.append((match[1] is None, match[1] or match[2] or match[3]))
    return (*parts, (False, text[position:]))
