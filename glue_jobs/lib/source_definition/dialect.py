"""Reads how a source.yaml declares the text of a file kind: delimiter, quote, encodings, lines to skip."""

from __future__ import annotations

from dataclasses import replace

from contracts.document import Node
from glue_jobs.lib.source_definition.encodings import ALIASES, ENCODINGS, WIDE
from glue_jobs.lib.source_definition.source import INSTANT, TYPED_FORMATS, RawColumn


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


def check_typed(node: Node, form: str) -> None:
    """SourceError for keys that have no meaning in this format."""
    refused: tuple[str, ...] = ("delimiter", "quote", "encodings") if form in TYPED_FORMATS else ()
    refused += ("decimal", "header", "skip", "nulls") if TYPED_FORMATS.get(form) == "jsonl" else ()
    refused += ("sheet",) if form != "xlsx" else ()
    for key in refused:
        if key in node.content:
            node.refuse(key, f"has no meaning in files of {form}; remove it.")


def with_instants(column: RawColumn) -> RawColumn:
    """A column of a file that has a schema: its times are instants, unless other formats are declared."""
    return replace(column, formats=(INSTANT,)) if column.type == "timestamp" and not column.formats else column
