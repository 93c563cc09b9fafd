"""Parquet files that cannot be read: named with the remedy. Those of the ledger are deleted; raw has what they recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

from contracts import LEDGER_TABLES, load, load_all
from contracts.errors import PlatformError
from glue_jobs import manifest
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.parallel import map_parallel
from glue_jobs.lib.lake.score_files import SCORES

# How Parquet and Spark name the file that they cannot read; the second form is percent-encoded.
NOT_PARQUET = re.compile(r"(s3[an]?://[^\n]+?\.parquet) is not a Parquet file")
UNREADABLE = re.compile(
    r"(?:reading file |converted in file |Could not read footer for file: \S*?path=)(s3[an]?://\S+?\.parquet)\b"
)

PARQUET = "org.apache.parquet"
SCORE_FILE = re.compile(rf"/{SCORES}/([^/]+)/source=([^/]+)/as_of=([^/]+)/")


class DamagedFileError(PlatformError):
    """A Parquet file cannot be read; `uri` is its name."""

    def __init__(self, uri: str) -> None:
        super().__init__(
            f"{uri}: this Parquet file is damaged; run `{rebuild_command(uri)}`, which replaces it. Committed work is kept."
        )
        self.uri = uri


class _Result(Protocol):
    """What a job did for a source."""

    @property
    def notices(self) -> tuple[str, ...]: ...


Result = TypeVar("Result", bound=_Result)


def rebuild_command(file: str) -> str:
    """The command that replaces this file of a table, by what raw has or, for the table of an analysis, by its input."""
    path = PurePosixPath(file)
    if scored := SCORE_FILE.search(file):
        return "shoplake score {} --source {} --as-of {}".format(*scored.groups())
    if set(LEDGER_TABLES) & set(path.parts):
        return "shoplake run"
    writer = path.name.rpartition("-")[0]
    analyses = {job.name for job in manifest.ANALYSES}
    return f"shoplake analyze {writer} --full" if writer in analyses else "shoplake run --full"


def damage_in(error: BaseException) -> DamagedFileError | None:
    """The damaged file that an error of Spark is about, if any."""
    if isinstance(error, DamagedFileError):
        return error
    for text in _messages(error):
        if found := NOT_PARQUET.search(text):
            return DamagedFileError(found[1])
        if found := UNREADABLE.search(text):
            return DamagedFileError(unquote(found[1]))
    return None


def find_damage(lake: Lake, source: str, error: BaseException) -> DamagedFileError | None:
    """As `damage_in`; where Parquet names no file, the first file of the source's tables whose end cannot be read."""
    if (damage := damage_in(error)) or not any(PARQUET in text for text in _messages(error)):
        return damage
    places = [f"{lake.location(contract)}/source={source}" for contract in load_all().values()]
    files = [file.uri for place in places for file in lake.storage.files(place, pattern="*.parquet")]
    damaged = _unreadable(lake, files)
    return DamagedFileError(damaged[0]) if damaged else None


def repairing(lake: Lake, source: str, *, tables: Collection[str], run: Callable[[bool], Result]) -> Result:
    """`run(False)`; if that meets damaged files of `tables`, drops them and computes everything again by `run(True)`.

    DamagedFileError names a damaged file of any other table.
    """
    dropped: list[str] = []
    while True:
        try:
            result = run(bool(dropped))
        except Exception as error:
            damage = find_damage(lake, source, error)
            if damage is None:
                raise
            damaged = _damaged_files(lake, source, tables, damage.uri)
            if not damaged:
                raise damage from error
            for uri in damaged:
                lake.storage.delete(uri)
            dropped += damaged
        else:
            return replace(result, notices=(*map(_notice, dropped), *result.notices))  # type: ignore[type-var]


def _notice(uri: str) -> str:
    return f"{uri}: this Parquet file was damaged and is deleted; what it recorded was computed again."


def _damaged_files(lake: Lake, source: str, tables: Collection[str], uri: str) -> list[str]:
    """The file with this URI, if it is one of the tables' files of the source, and all other damaged files of the ledger."""
    places = {table: f"{lake.location(load(table))}/source={source}" for table in tables}
    if not any(uri.startswith(f"{place}/") for place in places.values()):
        return []
    ledgers = [place for table, place in places.items() if table in LEDGER_TABLES]
    files = [file.uri for place in ledgers for file in lake.storage.files(place, pattern="*.parquet") if file.uri != uri]
    return [uri, *_unreadable(lake, files)]


def _unreadable(lake: Lake, files: Sequence[str]) -> list[str]:
    readable = map_parallel(files, lake.storage.is_parquet)
    return [file for file, good in zip(files, readable, strict=True) if not good]


def _messages(error: BaseException) -> Iterator[str]:
    """The error's message and those of its causes, Java's included."""
    yield str(error)
    java: Any = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while java is not None:
        yield str(java.toString())
        java = java.getCause()
    if error.__cause__ is not None:
        yield from _messages(error.__cause__)
