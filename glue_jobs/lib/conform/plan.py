"""Decides which raw files a conform run processes and which it can skip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from contracts.errors import LakeError, SourceError
from glue_jobs.lib.conform.parsing import RawFile
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.ledger import KnownFile
from glue_jobs.lib.lake.storage import StoredFile
from glue_jobs.lib.source_definition.file_names import is_readable
from glue_jobs.lib.source_definition.header import read_header
from glue_jobs.lib.source_definition.references import references
from glue_jobs.lib.source_definition.source import FileKind, Source

LOADED, DUPLICATE, REFUSED, SUPERSEDED = "loaded", "duplicate", "refused", "superseded"


@dataclass(frozen=True)
class Candidate:
    """A raw file that this run processes, and the outcome."""

    uri: str
    kind: str
    size: int
    sha256: str
    status: str
    reason: str = ""
    raw: RawFile | None = None


@dataclass(frozen=True)
class Plan:
    """`processed` files get a ledger row in this run; `kept` files were loaded before and are still valid.

    `rebuild` means that every partition of the source is rebuilt, from `processed` alone.
    """

    processed: tuple[Candidate, ...]
    kept: Mapping[str, KnownFile]
    rebuild: bool
    former_partitions: frozenset[str] = field(default_factory=frozenset)
    notices: tuple[str, ...] = ()

    def loaded(self, kind: str) -> list[RawFile]:
        return [file.raw for file in self.processed if file.kind == kind and file.raw is not None]

    def sizes(self) -> dict[str, int]:
        """Bytes by URI of all files in the plan."""
        return {file.uri: file.size for file in self.processed} | {uri: file.size for uri, file in self.kept.items()}

    @property
    def is_empty(self) -> bool:
        return not self.processed and not self.rebuild


def ingest_date(uri: str) -> str:
    """The ingest_date=… in the key of a raw object; LakeError if there is none."""
    for part in uri.split("/"):
        if part.startswith("ingest_date="):
            return part.removeprefix("ingest_date=")
    raise SourceError(f"{uri}: is not in an ingest_date=YYYY-MM-DD folder; move it to <source>/<file kind>/ingest_date=…/.")


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

    A file is processed if the ledger has no entry for it with this fingerprint, if its bytes changed, or if it is in `again`.
    """
    looked_up = _looked_up(source)
    found = {kind: _files(lake, source, kind) for kind in source.kinds.values()}
    listed = [(kind, file) for kind, files in found.items() for file in files if is_readable(file.name)]
    unreadable = [file for files in found.values() for file in files if not is_readable(file.name)]
    new = [
        (kind, file) for kind, file in listed if full or file.uri in again or not _current(known.get(file.uri), file, fingerprint)
    ]
    if since:
        new = [(kind, file) for kind, file in new if ingest_date(file.uri) >= since]
    notices = (*_missing(known, {file.uri for _, file in listed}), *map(_not_read, unreadable))
    if not new:
        return Plan(processed=(), kept={}, rebuild=False, notices=notices)
    fresh = {file.uri for _, file in new}
    standing = {uri: file for uri, file in known.items() if file.status == LOADED and file.fingerprint == fingerprint}
    kept = {uri: file for uri, file in standing.items() if uri not in fresh}
    rebuild = not kept or any(kind.load == "snapshot" or kind.name in looked_up for kind, _ in new)
    if rebuild and not since:
        new, kept = listed, {}
    processed = _process(lake, new, kept)
    former = frozenset(part for uri in fresh if uri in known for part in known[uri].partitions)
    return Plan(processed=processed, kept=kept, rebuild=rebuild and not since, former_partitions=former, notices=notices)


def _looked_up(source: Source) -> set[str]:
    """The kinds that SELECTs use as lookups. A new lookup file may change rows of any period."""
    reads = {table: references(sql, where=f"{source.name}/{table}.sql") for table, sql in source.selects.items()}
    return {
        kind.name
        for kind in source.kinds.values()
        if kind.records is None or any(f"raw_{kind.name}" in names for table, names in reads.items() if table != kind.records)
    }


def _files(lake: Lake, source: Source, kind: FileKind) -> list[StoredFile]:
    return lake.storage.files(f"{lake.raw}/{source.name}/{kind.name}")


def _current(known: KnownFile | None, file: StoredFile, fingerprint: str) -> bool:
    if known is None or known.fingerprint != fingerprint or known.size != file.size:
        return False
    return datetime.fromtimestamp(file.modified / 1000, UTC) <= known.recorded_at


def _missing(known: Mapping[str, KnownFile], listed: set[str]) -> list[str]:
    return [
        f"{uri}: this raw file was loaded before and no longer exists; restore it, or run with --full to drop its rows."
        for uri, file in known.items()
        if uri not in listed and file.status == LOADED
    ]


def _not_read(file: StoredFile) -> str:
    return f"{file.uri}: is not read, because jobs cannot read names with :*?[]{{}}\\ or a line break; rename the object."


def _process(lake: Lake, new: Sequence[tuple[FileKind, StoredFile]], kept: Mapping[str, KnownFile]) -> tuple[Candidate, ...]:
    newest = {kind.name: max(ingest_date(file.uri) for other, file in new if other is kind) for kind, _ in new}
    seen = {file.sha256: uri for uri, file in kept.items()}
    candidates: list[Candidate] = []
    for kind, file in new:
        candidate = _candidate(lake, kind, file, seen, newest[kind.name])
        if candidate.status == LOADED:
            seen.setdefault(candidate.sha256, candidate.uri)
        candidates.append(candidate)
    return tuple(candidates)


def _candidate(lake: Lake, kind: FileKind, file: StoredFile, seen: Mapping[str, str], newest: str) -> Candidate:
    day = ingest_date(file.uri)
    sha256 = lake.storage.sha256(file.uri)

    def outcome(status: str, reason: str = "", raw: RawFile | None = None) -> Candidate:
        return Candidate(file.uri, kind.name, file.size, sha256, status, reason, raw)

    if kind.load == "snapshot" and day < newest:
        return outcome(SUPERSEDED, f"a newer snapshot was delivered on {newest}")
    if sha256 in seen:
        return outcome(DUPLICATE, f"{file.name}: has the same bytes as {seen[sha256]}, which is loaded already.")
    try:
        header = read_header(kind, lake.storage.head(file.uri), file=file.name)
        lake.storage.check(file.uri)
    except LakeError as error:
        return outcome(REFUSED, str(error))
    undeclared = ", ".join(header.undeclared)
    reason = f"{file.name}: columns not declared in source.yaml are not loaded: {undeclared}." if undeclared else ""
    return outcome(LOADED, reason, RawFile(file.uri, header))
