"""Staged files become visible together, and the next run of the job finishes or drops what a crash left.

A run stages its files, checks them, and writes one commit record: the moves that put the staged files in place and the files
to delete. That PUT is the moment the run counts. Applying a record can be repeated: finished moves and deletes are skipped.
Staged files without a record are the remains of a crash and are dropped.

Every job has its own staging and its own records, and obeys no others. A record may only touch the tables that its job writes,
so that a forged record has no more rights than its author.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

from contracts.errors import PlatformError
from glue_jobs.lib.lake.listing import StoredFile
from glue_jobs.lib.lake.storage import Storage

THREADS = 8
HISTORY = ("etl_files", "etl_runs")


@dataclass(frozen=True)
class Content:
    """What a staged file contains: its size, and a checksum of its end, where Parquet has its statistics."""

    size: int
    checksum: str


@dataclass
class Commit:
    """The changes of one run: staged URI → final URI, final URIs to delete, and the contents of staged files."""

    run_id: str
    moves: dict[str, str] = field(default_factory=dict)
    deletes: list[str] = field(default_factory=list)
    contents: dict[str, Content | None] = field(default_factory=dict)

    def replace(self, staged: Mapping[str, list[StoredFile]], existing: Iterable[StoredFile], *, stem: str = "part") -> None:
        """Each final folder gets exactly these staged files; existing files without a successor are deleted.

        Names are numbered from <stem>-00000, so a partition of one file, the common case, is replaced by a single write.
        """
        for folder, files in staged.items():
            for number, file in enumerate(sorted(files, key=lambda file: file.uri)):
                self.moves[file.uri] = f"{folder}/{stem}-{number:05d}.parquet"
        kept = set(self.moves.values())
        self.deletes += [file.uri for file in existing if file.uri not in kept]


class Committer:
    """Writes, applies and recovers the commits of one job in one zone (a URI).

    `tables` are those that the job writes there. With a `stem` only files of this stem are the job's: several jobs may write
    one table. `check` is called before a commit counts; it raises if the job no longer holds the zone.
    """

    def __init__(
        self,
        storage: Storage,
        zone: str,
        *,
        job: str,
        tables: Iterable[str],
        stem: str = "",
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._storage = storage
        self._zone = zone
        self._job = job
        self._records = f"{zone}/_commits/{job}"
        self._staging = f"{zone}/_staging/{job}"
        names = "|".join(re.escape(table) for table in sorted(tables))
        prefix = rf"{re.escape(stem)}-" if stem else ""
        self._own_file = re.compile(rf"{re.escape(zone)}/(?:{names})/(?:[a-z_]+=[^/]+/)+{prefix}[^/]+\.parquet")
        self._check = check

    def staging(self, run_id: str) -> str:
        """The run's staging folder, which no reader looks into."""
        return f"{self._staging}/{run_id}"

    def commit(self, commit: Commit) -> None:
        """Makes the run count, then visible."""
        record = f"{self._records}/{commit.run_id}.json"
        with ThreadPoolExecutor(THREADS) as pool:
            commit.contents = dict(zip(commit.moves, pool.map(self._content, commit.moves), strict=True))
        draft = f"{self.staging(commit.run_id)}/commit.json"
        self._refuse_foreign(commit, record)
        self._storage.write_text(draft, json.dumps(asdict(commit)))
        self._check()
        self._storage.move(draft, record)
        self._apply(record)

    def recover(self) -> list[str]:
        """Finishes what a crashed run of this job had committed and drops the rest; returns the ids of finished runs."""
        self._refuse_former_records()
        finished = []
        for record in self._storage.files(self._records, pattern="*.json"):
            self._apply(record.uri)
            finished.append(record.name.removesuffix(".json"))
        self._storage.delete(self._staging)
        return finished

    def _refuse_former_records(self) -> None:
        """Earlier versions kept the records of all jobs in one folder; nobody can tell whose a record there is."""
        folder = f"{self._zone}/_commits"
        former = [file.uri for file in self._storage.files(folder, pattern="*.json") if file.uri == f"{folder}/{file.name}"]
        if former:
            raise PlatformError(
                f"{former[0]}: an interrupted run of an earlier version left this commit record; run that version once more, or "
                "delete the record and run with --full."
            )

    def _apply(self, record: str) -> None:
        commit = self._read(record)
        self._refuse_foreign(commit, record)
        with ThreadPoolExecutor(THREADS) as pool:
            is_staged = list(pool.map(lambda uri: self._is_staged(commit, uri, record), commit.moves))
            staged = [uri for uri, still in zip(commit.moves, is_staged, strict=True) if still]
            # Run history last: a reader that finds the run there finds all that it wrote.
            for is_history in (False, True):
                moves = [uri for uri in staged if self._is_history(commit.moves[uri]) == is_history]
                list(pool.map(lambda uri: self._storage.move(uri, commit.moves[uri]), moves))
                list(pool.map(self._storage.delete, [uri for uri in commit.deletes if self._is_history(uri) == is_history]))
        self._storage.delete(record)
        self._storage.delete(self.staging(commit.run_id))

    def _read(self, record: str) -> Commit:
        try:
            fields = json.loads(self._storage.read_text(record))
            fields["contents"] = {uri: Content(**content) for uri, content in fields["contents"].items()}
            return Commit(**fields)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise PlatformError(
                f"{record}: not a commit record ({type(error).__name__}); delete it, then run again with --full."
            ) from error

    def _refuse_foreign(self, commit: Commit, record: str) -> None:
        """A record may move the run's own staged files only, and change files of the job's own tables only."""
        staging = f"{self.staging(commit.run_id)}/"
        if record != f"{self._records}/{commit.run_id}.json":
            self._refuse(record, f"the run {commit.run_id}")
        for uri in (*commit.moves, *commit.moves.values(), *commit.deletes):
            if ".." in uri.split("/"):
                self._refuse(record, uri)
        for uri in commit.moves:
            if not uri.startswith(staging) or uri not in commit.contents:
                self._refuse(record, uri)
        for uri in (*commit.moves.values(), *commit.deletes):
            if not self._own_file.fullmatch(uri):
                self._refuse(record, uri)

    def _refuse(self, record: str, named: str) -> None:
        raise PlatformError(
            f"{record}: names {named}, which the job {self._job} does not write; this record is not its own. Find out who wrote "
            "it, delete it, then run again with --full."
        )

    def _is_history(self, uri: str) -> bool:
        return uri.startswith(tuple(f"{self._zone}/{table}/" for table in HISTORY))

    def _is_staged(self, commit: Commit, staged: str, record: str) -> bool:
        """Whether the file has still to be moved. PlatformError if it is neither there nor in its place."""
        target, expected = commit.moves[staged], commit.contents.get(staged)
        file = self._storage.find(staged)
        if file and expected and file.size == expected.size:
            return True
        if expected is None or self._content(target) != expected:
            raise PlatformError(
                f"{record}: {staged} is missing or damaged, and {target} does not have its content; this commit has deleted "
                "nothing. Delete the record, then run again with --full."
            )
        return False

    def _content(self, uri: str) -> Content | None:
        file = self._storage.find(uri)
        return Content(file.size, self._storage.checksum_of_end(uri, size=file.size)) if file else None
