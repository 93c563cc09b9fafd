"""Folders of raw that no source declares. Their files are never read, so every run says so."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from glue_jobs.lib.source_definition.source import Source
from lambdas.common.raw_folders import LIVE_FOLDERS


def unknown_sources(raw: str, folders: Collection[str], known: Collection[str]) -> Iterator[str]:
    """A sentence for each folder of raw that is no source's and not of the live path."""
    for folder in sorted({*folders} - {*known, *LIVE_FOLDERS}):
        yield f"{raw}/{folder}: no source has this name, so its files are not read; known sources: {', '.join(known)}."


def unknown_kinds(raw: str, folders: Collection[str], source: Source) -> Iterator[str]:
    """A sentence for each folder of a source that is none of its kinds of files."""
    for folder in sorted({*folders} - {*source.kinds}):
        kinds = ", ".join(source.kinds)
        yield f"{raw}/{source.name}/{folder}: {source.name} has no file kind {folder}, so this is not read; its kinds: {kinds}."
