"""Decides which raw files a conform run processes and which it can skip."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from contracts.document import few
from contracts.errors import LakeError, SourceError
from glue_jobs.lib.conform import losses
from glue_jobs.lib.conform.conversion import Converter
from glue_jobs.lib.conform.raw_text import RawFile
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.ledger import KnownFile
from glue_jobs.lib.lake.listing import StoredFile
from glue_jobs.lib.lake.parallel import STORAGE_THREADS, map_parallel
from glue_jobs.lib.lake.storage import Inspection
from glue_jobs.lib.source_definition.file_names import is_readable
from glue_jobs.lib.source_definition.references import references
from glue_jobs.lib.source_definition.source import FileKind, Source

NUMBERED = re.compile(r"(.*?)([0-9]{1,9})((?:[-_ ]?of[-_ ]?[0-9]+)?(?:\.[A-Za-z]+)+)")
LOADED, DUPLICATE, REFUSED, SUPERSEDED, MISSING = "loaded", "duplicate", "refused", "superseded", "missing"


@dataclass(frozen=True)
class Candidate:
    """A raw file that this run processes, and the outcome."""

    uri: str
    kind: str
    size: int
    sha256: str
    status: str
    reason: str = ""
    raws: tuple[RawFile, ...] = ()
    modified: int | None = None
    etag: str | None = None


@dataclass(frozen=True)
class Plan:
    """`processed` files get a ledger row in this run; `kept` files were loaded before and are still valid.

    `rebuild` means that every partition of the source is rebuilt, from `processed` alone. `missing` are those of `kept` that no
    longer exist.
    """

    processed: tuple[Candidate, ...]
    kept: Mapping[str, KnownFile]
    rebuild: bool
    former_partitions: frozenset[str] = field(default_factory=frozenset)
    missing: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()

    def loaded(self, kind: str) -> list[RawFile]:
        return [raw for file in self.processed if file.kind == kind for raw in file.raws]

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


def make_plan(  # noqa: PLR0913 - the options of a run
    lake: Lake,
    source: Source,
    known: Mapping[str, KnownFile],
    *,
    converter: Converter,
    fingerprint: str,
    full: bool = False,
    since: str | None = None,
    again: frozenset[str] = frozenset(),
    drop_missing: bool = False,
) -> Plan:
    """Compares the raw zone with the ledger.

    A file is processed if the ledger has no entry for it with this fingerprint, if its bytes changed, if it is in `again`, or if
    a partition with its rows was deleted. SourceError if rows of a missing file would have to be dropped without `drop_missing`.
    """
    every = [(kind, file) for kind in source.kinds.values() for file in _files(lake, source, kind)]
    listed = [(kind, file) for kind, file in every if is_readable(file.name)]
    notices = [_not_read(file) for _, file in every if not is_readable(file.name)]
    loaded = {uri: file for uri, file in known.items() if file.status == LOADED}
    standing = {uri: file for uri, file in loaded.items() if file.fingerprint == fingerprint}
    lost = losses.Losses() if full else losses.find(lake, source, standing)
    if lost.needs_all(standing) and not since:
        known, standing = forgotten(known), {}
    present = {file.uri for _, file in listed}
    missing = {uri: file for uri, file in loaded.items() if uri not in present}
    dropped = [_dropped(file) for file in missing.values()] if drop_missing or full else []
    again |= lost.touching(standing) | _same_bytes(known, dropped)

    def is_due(file: StoredFile) -> bool:
        changed = full or not _current(known.get(file.uri), file, fingerprint)
        return file.uri in again or (changed and (not since or ingest_date(file.uri) >= since))

    new = [(kind, file) for kind, file in listed if is_due(file)]
    if not dropped:
        notices += map(losses.missing_notice, missing)
    if not new and not dropped:
        return Plan(processed=(), kept={}, rebuild=False, notices=tuple(notices))
    notices = [*lost.notices(source.name), *notices]
    fresh = {file.uri for _, file in new} | {file.uri for file in dropped}
    kept = {uri: file for uri, file in standing.items() if uri not in fresh}
    rebuild = not since and (not kept or _reaches_all(source, [kind.name for kind, _ in new] + [file.kind for file in dropped]))
    if rebuild:
        if missing and not dropped:
            raise losses.missing_error(source.name, missing)
        new, kept = listed, {}
    return Plan(
        processed=(*_process(converter, new, kept), *dropped),
        kept=kept,
        rebuild=rebuild,
        former_partitions=frozenset(part for uri in fresh if uri in known for part in known[uri].partitions) | lost.partitions,
        missing=frozenset(missing.keys() & kept.keys()),
        notices=tuple(notices),
    )


def forgotten(known: Mapping[str, KnownFile]) -> dict[str, KnownFile]:
    """The files as if other code had loaded them, so that all are loaded again."""
    return {uri: replace(file, fingerprint="") for uri, file in known.items()}


def _reaches_all(source: Source, kinds: Sequence[str]) -> bool:
    """Whether a new or dropped file of one of these kinds may change rows of any period."""
    looked_up = _looked_up(source)
    return any(name in looked_up or (name in source.kinds and source.kinds[name].load == "snapshot") for name in kinds)


def _same_bytes(known: Mapping[str, KnownFile], dropped: Sequence[Candidate]) -> frozenset[str]:
    """The files that were skipped because a file that is dropped now has the same bytes."""
    digests = {file.sha256 for file in dropped}
    return frozenset(uri for uri, file in known.items() if file.status == DUPLICATE and file.sha256 in digests)


def _dropped(file: KnownFile) -> Candidate:
    reason = f"{file.uri.rpartition('/')[2]}: no longer exists in raw; its rows were dropped."
    return Candidate(file.uri, file.kind, file.size, file.sha256, MISSING, reason)


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
    if known is None or known.status == MISSING or known.fingerprint != fingerprint or known.size != file.size:
        return False
    if known.modified is not None:
        return (known.modified, known.etag) == (file.modified, file.etag)
    return datetime.fromtimestamp(file.modified / 1000, UTC) <= known.recorded_at


def _not_read(file: StoredFile) -> str:
    return f"{file.uri}: is not read, because jobs cannot read names with :*?[]{{}}\\ or a line break; rename the object."


def _process(
    converter: Converter, new: Sequence[tuple[FileKind, StoredFile]], kept: Mapping[str, KnownFile]
) -> tuple[Candidate, ...]:
    files: dict[str, list[StoredFile]] = {}
    for kind, file in new:
        files.setdefault(kind.name, []).append(file)
    kinds = {kind.name: kind for kind, _ in new}
    newest = {name: _newest_snapshot(kinds[name], some) for name, some in files.items()}
    seen = {file.sha256: uri for uri, file in kept.items()}
    inspections = map_parallel(new, lambda one: converter.inspect(*one), threads=STORAGE_THREADS)
    candidates: list[Candidate] = []
    for (kind, file), inspection in zip(new, inspections, strict=True):
        candidate = _candidate(converter, kind, file, inspection, seen, newest[kind.name])
        if candidate.status == LOADED:
            seen.setdefault(candidate.sha256, candidate.uri)
        candidates.append(candidate)
    return tuple(candidates)


def _newest_snapshot(kind: FileKind, files: Sequence[StoredFile]) -> StoredFile:
    """The latest file by day, time and name. SourceError if it looks like one of several parts, and the source has none."""
    newest = max(files, key=lambda file: (ingest_date(file.uri), file.modified, file.uri))
    day = ingest_date(newest.uri)
    names = sorted(file.name for file in files if ingest_date(file.uri) == day)
    if kind.load == "snapshot" and not kind.parts and _are_parts(names):
        raise SourceError(
            f"{few(names, 3)}, delivered on {day}, look like parts of one snapshot; write `parts: true` in source.yaml under "
            f"{kind.name} to load all of them. If the last one replaces the others, delete those from raw."
        )
    return newest


def _are_parts(names: Sequence[str]) -> bool:
    """Whether the names differ only in a number that counts from 0 or 1, such as users-1.csv and users-2.csv."""
    matches = [NUMBERED.fullmatch(name) for name in names]
    numbers = sorted(int(match[2]) for match in matches if match)
    alike = len({(match[1], match[3]) if match else None for match in matches}) == 1
    return len(names) > 1 and alike and numbers in (list(range(len(names))), list(range(1, len(names) + 1)))


def _candidate(
    converter: Converter, kind: FileKind, file: StoredFile, inspection: Inspection, seen: Mapping[str, str], newest: StoredFile
) -> Candidate:
    day, sha256 = ingest_date(file.uri), inspection.sha256

    def outcome(status: str, reason: str = "", raws: Sequence[RawFile] = ()) -> Candidate:
        return Candidate(file.uri, kind.name, file.size, sha256, status, reason, tuple(raws), file.modified, file.etag)

    if kind.load == "snapshot" and day < ingest_date(newest.uri):
        return outcome(SUPERSEDED, f"a newer snapshot was delivered on {ingest_date(newest.uri)}")
    if kind.load == "snapshot" and not kind.parts and file.uri != newest.uri:
        return outcome(
            SUPERSEDED,
            f"{file.name}: {newest.name} of the same day is a later snapshot; if both are parts of one snapshot, write "
            f"`parts: true` in source.yaml under {kind.name}.",
        )
    if sha256 in seen:
        return outcome(DUPLICATE, f"{file.name}: has the same bytes as {seen[sha256]}, which is loaded already.")
    if inspection.error:
        return outcome(REFUSED, inspection.error)
    try:
        raws = converter.raw_files(kind, file, inspection.beginning)
    except LakeError as error:
        return outcome(REFUSED, str(error))
    undeclared = few(list(dict.fromkeys(name for raw in raws for name in raw.header.undeclared)), 12)
    reason = f"{file.name}: columns not declared in source.yaml are not loaded: {undeclared}." if undeclared else ""
    return outcome(LOADED, reason, raws)
