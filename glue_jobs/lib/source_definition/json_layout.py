"""How a file of JSON is laid out. Its first character decides, whatever the source declares."""

from __future__ import annotations

import json
import re

from contracts.errors import SourceError
from glue_jobs.lib.source_definition.source import FileKind

LINE_END = re.compile(r"\r\n|\n|\r")
# The record of a wrapped answer: {"products": [{…
WRAPPED = re.compile(r'\A\{\s*"([^"\\]+)"\s*:\s*\[\s*\{')


def is_read_whole(kind: FileKind, text: str) -> bool:
    """Whether the values of a file that begins with this text are not one a line."""
    text = text.lstrip()
    return text.startswith("[") or kind.layout == "json" or _spans_lines(text)


def _spans_lines(text: str) -> bool:
    """Whether the first object is written on several lines."""
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(text)
    except ValueError:
        return False
    return LINE_END.search(text, 0, end) is not None


def check_not_wrapped(kind: FileKind, text: str, *, file: str) -> None:
    """LakeError if the records are in an array within one object, such as {"products": [...]}."""
    text = text.lstrip()
    if not text.startswith("{"):
        return
    declared = {alias for column in kind.columns for alias in (column.name, *column.aliases)}
    try:
        first, _ = json.JSONDecoder(strict=False).raw_decode(text)
        arrays = [name for name, value in first.items() if isinstance(value, list) and value and isinstance(value[0], dict)]
        names = [] if declared.intersection(first) else arrays
    except ValueError:  # longer than the beginning
        match = WRAPPED.match(text)
        names = [match[1]] if match and match[1] not in declared else []
    if names:
        raise SourceError(
            f"{file}: the records are in the array {names[0]} of one object; save that array as the file, for example with "
            f"`jq .{names[0]}`."
        )
