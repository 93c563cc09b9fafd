"""The setting `sources`: which of the packaged sources a deployment has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources

from contracts.document import suggest
from glue_jobs.lib.source_definition.source_loader import source_names
from lambdas.common.raw_folders import STREAM


def packaged_sources() -> list[str]:
    """The folders of glue_jobs/sources."""
    return source_names(resources.files("glue_jobs") / "sources")


def deployed_sources(chosen: Sequence[str]) -> list[str]:
    """The chosen sources, or all."""
    return sorted(chosen) or packaged_sources()


def source_problems(chosen: Sequence[str], *, models: Sequence[str], live_path: bool) -> Iterator[str]:
    """Settings that are valid one by one but not together."""
    known = packaged_sources()
    for name in chosen:
        if name not in known:
            yield f"sources has {name}, which is no folder of glue_jobs/sources; {suggest(name, known)}"
    if len(chosen) != len(set(chosen)):
        yield "sources lists a source twice; list each once."
    if chosen and live_path and STREAM not in chosen:
        yield f"sources leaves out {STREAM}, which the live path delivers; add it, or set `live_path: false`."
    for name in models:
        if chosen and name not in chosen:
            yield f"models has {name}, which sources leaves out; add it there, or remove it here."
