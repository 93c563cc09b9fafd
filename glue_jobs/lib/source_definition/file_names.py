"""What the name of a raw file says: whether Spark can read it, and how it is compressed."""

from __future__ import annotations

import re

# Spark reads a path as a glob pattern, and Hadoop takes what precedes a colon for a URI scheme.
UNREADABLE = frozenset(":*?[]{}\\\n\r")
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
ARCHIVE = ".zip"
# What may follow any declared name.
PACKED = ("", *COMPRESSIONS, ARCHIVE)
SUFFIXES = re.compile(r"(\.(csv|tsv|txt|jsonl?|ndjson|xlsx|parquet|avro|gz|bz2|xz|zst|zip))+\Z", re.IGNORECASE)


def is_readable(name: str) -> bool:
    """Whether Spark can read a file of this name."""
    return not UNREADABLE.intersection(name)


def usual_suffix(name: str) -> str:
    """The name of a file, or a pattern of names, with its known suffixes in lower case."""
    return SUFFIXES.sub(lambda suffixes: suffixes[0].lower(), name)


def compression(name: str) -> str:
    """How a file is compressed, such as `.gz`; '' if it is not."""
    return next((suffix for suffix in COMPRESSIONS if usual_suffix(name).endswith(suffix)), "")


def is_archive(name: str) -> bool:
    return usual_suffix(name).endswith(ARCHIVE)
