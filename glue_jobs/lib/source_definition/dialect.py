"""Reads how a source.yaml declares the text of a file kind: delimiter, quote, encodings, lines to skip."""

from __future__ import annotations

from contracts.document import Node
from glue_jobs.lib.source_definition.encodings import ALIASES, ENCODINGS, WIDE


def dialect(node: Node) -> dict[str, str]:
    """Delimiter and quote. Both may be white space, and no quote is written as an empty text."""
    keys: dict[str, str] = {}
    for key in ("delimiter", "quote"):
        if key in node.content:
            value = node.content[key]
            keys[key] = value if isinstance(value, str) and not value.strip() else node.required(key, "")
    if keys.get("delimiter") == "":
        node.refuse("delimiter", 'is empty; write the characters between two fields, such as "," or "\\t".')
    if len(keys.get("quote", "")) > 1:
        node.refuse("quote", f'is {keys["quote"]!r}; write one character, or "" if nothing is quoted.')
    if keys.get("quote", '"') and keys.get("quote", '"') in keys.get("delimiter", ","):
        node.refuse("delimiter", 'contains the quote; write another quote, or "" if nothing is quoted.')
    return keys


def declared_encodings(node: Node) -> tuple[str, ...]:
    """The encodings in the order in which they are tried, by their usual names."""
    encodings = []
    for name in node.texts("encodings") or ("utf-8",):
        encoding = ALIASES.get(name.lower(), name.lower())
        node.one_of("encodings", ENCODINGS, encoding)
        encodings.append(encoding)
    if len(encodings) > 1 and set(encodings).intersection(WIDE):
        node.refuse("encodings", "mixes UTF-16 with others; a file with a byte order mark is read as UTF-16 in any case.")
    return tuple(encodings)


def skipped_lines(node: Node) -> int:
    """The number of lines before the header."""
    lines = node.optional("skip", int) or 0
    if lines < 0:
        node.refuse("skip", f"is {lines}; write the number of lines before the header.")
    return lines
