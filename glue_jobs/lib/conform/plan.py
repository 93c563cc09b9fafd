"""Which raw files a conform run must evaluate, and which it can leave alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from contracts.errors import LakeError, SourceError
from glue_jobs.lib.conform.parsing import RawFile
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.ledger import KnownFile
from glue_jobs.lib.lake.storage import StoredFile
from glue_jobs.lib.source_definition.header import read_header
from glue_jobs.lib.source_definition.references import references
from glue_jobs.lib.source_definition.source import FileKind, Source

LOADED, DUPLICATE, REFUSED, SUPERSEDED = "loaded", "duplicate", "refused", "superseded"


@dataclass(frozen=True)
class Candidate:
    """A raw file that this run judges: what it is, and what became of it."""

    uri: str
    kind: str
    size: int
    sha256: str
    status: str
    reason: str = ""
    raw: RawFile | None = None


@dataclass(frozen=True)
class Plan:
    """`judged` files get a ledger row in this run; `kept` were loaded before and still stand.

    `whole` means that every partition of the source is written anew, from `judged` alone.
    """

    judged: tuple[Candidate, ...]
    kept: Mapping[str, KnownFile]
    whole: bool
    former_partitions: frozenset[str] = field(default_factory=frozenset)
    notices: tuple[str, ...] = ()

    def loaded(self, kind: str) -> list[RawFile]:
        return [file.raw for file in self.judged if file.kind == kind and file.raw is not None]

    def sizes(self) -> dict[str, int]:
        """Bytes by URI, of all files that the plan knows."""
        return {file.uri: file.size for file in self.judged} | {uri: file.size for uri, file in self.kept.items()}

    @property
    def is_empty(self) -> bool:
        return not self.judged and not self.whole


def ingest_date(uri: str) -> str:
    """The ingest_date=… of a raw object's key; LakeError when the key has none."""
    for part in uri.split("/"):
        if part.startswith("ingest_date="):
            return part.removeprefix("ingest_date=")
    raise SourceError(f"{uri}: lies outside an ingest_date=YYYY-MM-DD folder; copy it to <source>/<file kind>/ingest_date=…/.")


def make_plan(
    lake: Lake,
    source: Source,
    known: Mapping[str, KnownFile],
    *,
    fingerprint: str,
    full: bool = False,
    since: str | None = None,
    again: frozenset[str] = frozenset(),
) -> Plan:
    """Compares the raw zone with the ledger.

    A file is judged when the ledger does not know it under this fingerprint, when its bytes changed, or when it is in `again`.
    """
    looked_up = _looked_up(source)
    found = {kind: _files(lake, source, kind) for kind in source.kinds.values()}
    listed = [(kind, file) for kind, files in found.items() for file in files]
    new = [
        (kind, file) for kind, file in listed if full or file.uri in again or not _stands(known.get(file.uri), file, fingerprint)
    ]
    if since:
        new = [(kind, file) for kind, file in new if ingest_date(file.uri) >= since]
    notices = tuple(_gone(known, {file.uri for _, file in listed}))
    if not new:
        return Plan(judged=(), kept={}, whole=False, notices=notices)
    fresh = {file.uri for _, file in new}
    standing = {uri: file for uri, file in known.items() if file.status == LOADED and file.fingerprint == fingerprint}
    kept = {uri: file for uri, file in standing.items() if uri not in fresh}
    whole = not kept or any(kind.load == "snapshot" or kind.name in looked_up for kind, _ in new)
    if whole and not since:
        new, kept = listed, {}
    judged = _judge(lake, new, kept)
    former = frozenset(part for uri in fresh if uri in known for part in known[uri].partitions)
    return Plan(judged=judged, kept=kept, whole=whole and not since, former_partitions=former, notices=notices)


def _looked_up(source: Source) -> set[str]:
    """The kinds that SELECTs look things up in, from rows of any period: something new there may reach all that was written."""
    reads = {table: references(sql, where=f"{source.name}/{table}.sql") for table, sql in source.selects.items()}
    return {
        kind.name
        for kind in source.kinds.values()
        if kind.records is None or any(f"raw_{kind.name}" in names for table, names in reads.items() if table != kind.records)
    }


def _files(lake: Lake, source: Source, kind: FileKind) -> list[StoredFile]:
    return lake.storage.files(f"{lake.raw}/{source.name}/{kind.name}")


def _stands(known: KnownFile | None, file: StoredFile, fingerprint: str) -> bool:
    if known is None or known.fingerprint != fingerprint or known.size != file.size:
        return False
    return datetime.fromtimestamp(file.modified / 1000, UTC) <= known.recorded_at


def _gone(known: Mapping[str, KnownFile], listed: set[str]) -> list[str]:
    return [
        f"{uri}: this raw file was loaded before and is gone; restore it, or run with --full to go on without its rows."
        for uri, file in known.items()
        if uri not in listed and file.status == LOADED
    ]


def _judge(lake: Lake, new: Sequence[tuple[FileKind, StoredFile]], kept: Mapping[str, KnownFile]) -> tuple[Candidate, ...]:
    newest = {kind.name: max(ingest_date(file.uri) for other, file in new if other is kind) for kind, _ in new}
    seen = {file.sha256: uri for uri, file in kept.items()}
    judged: list[Candidate] = []
    for kind, file in new:
        candidate = _candidate(lake, kind, file, seen, newest[kind.name])
        if candidate.status == LOADED:
            seen.setdefault(candidate.sha256, candidate.uri)
        judged.append(candidate)
    return tuple(judged)


def _candidate(lake: Lake, kind: FileKind, file: StoredFile, seen: Mapping[str, str], newest: str) -> Candidate:
    day = ingest_date(file.uri)
    sha256 = lake.storage.sha256(file.uri)

    def judged(status: str, reason: str = "", raw: RawFile | None = None) -> Candidate:
        return Candidate(file.uri, kind.name, file.size, sha256, status, reason, raw)

    if kind.load == "snapshot" and day < newest:
        return judged(SUPERSEDED, f"a newer snapshot was delivered on {newest}")
    if sha256 in seen:
        return judged(DUPLICATE, f"{file.name}: the same bytes as {seen[sha256]}; its rows are there already.")
    try:
        header = read_header(kind, lake.storage.head(file.uri), file=file.name)
        lake.storage.check(file.uri)
    except LakeError as error:
        return judged(REFUSED, str(error))
    undeclared = ", ".join(header.undeclared)
    reason = f"{file.name}: columns not declared in source.yaml are not loaded: {undeclared}." if undeclared else ""
    return judged(LOADED, reason, RawFile(file.uri, header))
