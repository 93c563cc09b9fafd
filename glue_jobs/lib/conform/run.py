"""The state of one conform run of one source: its plan, what it has staged, and its counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce

from pyspark.sql import DataFrame

from contracts import Contract, load
from contracts.derive.spark import struct_type
from glue_jobs.lib.conform.conversion import Converter
from glue_jobs.lib.conform.line_counts import survey
from glue_jobs.lib.conform.losses import missing_error
from glue_jobs.lib.conform.plan import Plan
from glue_jobs.lib.conform.raw_text import RawFile
from glue_jobs.lib.conform.staging import Staged, staged_rows
from glue_jobs.lib.conform.transform import Control, RecordTransformer
from glue_jobs.lib.formats.texts import is_converted
from glue_jobs.lib.lake.account import TableAccount
from glue_jobs.lib.lake.context import Lake, empty
from glue_jobs.lib.lake.ledger import KnownFile
from glue_jobs.lib.lake.parallel import STORAGE_THREADS, map_parallel
from glue_jobs.lib.source_definition.header import read_header, recorded_header
from glue_jobs.lib.source_definition.source import FileKind, Source


@dataclass
class Run:
    """The state of one conform run of one source."""

    lake: Lake
    source: Source
    plan: Plan
    converter: Converter
    fingerprint: str
    run_id: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)
    scope: list[str] | None = None
    staged: dict[str, Staged] = field(default_factory=dict)
    accounts: list[TableAccount] = field(default_factory=list)
    known: frozenset[str] = frozenset()
    places: dict[str, DataFrame] = field(default_factory=dict)
    controls: dict[str, Callable[[int], Control]] = field(default_factory=dict)
    rows_by_file: dict[str, int] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    lookup_rejects: dict[str, DataFrame] = field(default_factory=dict)
    surveys: dict[tuple[str, ...], tuple[list[RawFile], DataFrame]] = field(default_factory=dict)

    @property
    def staging(self) -> str:
        return self.converter.staging

    @property
    def transformer(self) -> RecordTransformer:
        return RecordTransformer(self.lake, self.source)

    def survey(self, kind: FileKind, files: Sequence[RawFile]) -> tuple[list[RawFile], DataFrame]:
        """The files with what their lines show, and the counts of their lines; made once for the same files."""
        surveys = []
        for part in ([file for file in files if not file.is_kept], [file for file in files if file.is_kept]):
            uris = tuple(file.uri for file in part)
            if part and uris not in self.surveys:
                self.surveys[uris] = survey(self.lake.spark, kind, part)
            surveys += [self.surveys[uris]] if part else []
        counts = reduce(DataFrame.unionByName, [counted for _, counted in surveys])
        return [file for found, _ in surveys for file in found], counts

    def former(self, table: str) -> set[str]:
        """The table's partitions that the run's files filled before, or that are lost."""
        return {partition for partition in self.plan.former_partitions if partition.partition("/")[0] == table}

    def existing(self, contract: Contract) -> set[str]:
        """The partitions of a derived table that have rows now and are written by this run. No raw file records them."""
        if self.source.filling(contract.name):
            return set()
        place = f"{self.lake.location(contract)}/source={self.source.name}"
        files = self.lake.storage.files(place, pattern="part-*.parquet", periods=self.scope)
        return {f"{contract.name}/{file.folder.removeprefix('period=')}" for file in files}

    def new_uris(self, kind: FileKind) -> list[str]:
        """The URIs of the processed files of a kind; that of an archive for each of its members."""
        return [file.uri for file in self.plan.loaded(kind.name)]

    def members(self) -> dict[tuple[str, int], str]:
        """The names of the members of the processed archives, by URI and number."""
        return {
            (file.uri, number): raw.member for file in self.plan.processed for number, raw in enumerate(file.raws) if raw.member
        }

    def files(self, kind: FileKind) -> list[RawFile]:
        """The processed files of a kind, and the kept ones that touch the run's periods."""
        touched = {f"{kind.records}/{period}" for period in self.scope or ()}
        return self._files(kind, [uri for uri, file in self._kept(kind).items() if touched.intersection(file.partitions)])

    def all_files(self, kind: FileKind) -> list[RawFile]:
        """All files of a kind, processed and kept: lookups may need rows of any period."""
        return self._files(kind, list(self._kept(kind)))

    def _kept(self, kind: FileKind) -> dict[str, KnownFile]:
        return {uri: file for uri, file in self.plan.kept.items() if file.kind == kind.name}

    def _files(self, kind: FileKind, kept: Sequence[str]) -> list[RawFile]:
        if missing := self.plan.missing.intersection(kept):
            raise missing_error(self.source.name, missing)
        native = [uri for uri in kept if not is_converted(kind, uri)]
        headers = {uri: recorded_header(kind, self.plan.kept[uri].header) for uri in native}
        unknown = [uri for uri, header in headers.items() if header is None]
        beginnings = map_parallel(unknown, self.lake.storage.head, threads=STORAGE_THREADS)
        headers |= {uri: read_header(kind, text, file=uri) for uri, text in zip(unknown, beginnings, strict=True)}
        files = [RawFile(uri, header, is_kept=True) for uri, header in headers.items() if header]
        for uri in kept:
            if is_converted(kind, uri) and (stored := self.lake.storage.find(uri)):
                files += [replace(file, is_kept=True) for file in self.converter.files(kind, stored)]
        return [*self.plan.loaded(kind.name), *files]

    def lookups(self, table: str, reads: frozenset[str]) -> list[FileKind]:
        """The kinds that a table's SELECT reads in addition to the one whose records become its rows."""
        return [kind for kind in self.source.kinds.values() if kind.records != table and f"raw_{kind.name}" in reads]

    def table(self, name: str) -> DataFrame:
        """The rows that this run staged for a table; empty if it had no files."""
        if name in self.staged:
            return staged_rows(self.lake, load(name), self.staged[name])
        return empty(self.lake.spark, struct_type(load(name), partitions=True))
