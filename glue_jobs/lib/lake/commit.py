"""Staged files become visible together, and a crash at any moment is mended by the next run.

A run writes all it has to say into a staging area, checks it, and then writes one commit record: the moves that put the
staged files in place and the files that have no successor. That PUT is the moment the run counts. Applying the record can be
repeated at will: what is already moved or deleted is skipped. Staging without a record is what a crashed run left; it is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field

from glue_jobs.lib.lake.storage import Storage, StoredFile

THREADS = 8


@dataclass
class Commit:
    """What one run changes: staged URI → final URI, and final URIs to delete."""

    run_id: str
    moves: dict[str, str] = field(default_factory=dict)
    deletes: list[str] = field(default_factory=list)

    def replace(self, staged: Mapping[str, list[StoredFile]], existing: Iterable[StoredFile], *, stem: str = "part") -> None:
        """Each final folder gets exactly the given staged files; existing files that none of them replaces go.

        Names are counted up from <stem>-00000, so a partition of one file, the common case, is replaced by a single write.
        """
        for folder, files in staged.items():
            for number, file in enumerate(sorted(files, key=lambda file: file.uri)):
                self.moves[file.uri] = f"{folder}/{stem}-{number:05d}.parquet"
        kept = set(self.moves.values())
        self.deletes += [file.uri for file in existing if file.uri not in kept]


class Committer:
    """Writes, applies and recovers the commits of one zone (a URI)."""

    def __init__(self, storage: Storage, zone: str) -> None:
        self._storage = storage
        self._records = f"{zone}/_commits"
        self._staging = f"{zone}/_staging"

    def staging(self, run_id: str) -> str:
        """Where the run stages its files; nothing reads there."""
        return f"{self._staging}/{run_id}"

    def commit(self, commit: Commit) -> None:
        """Makes the run count, then visible."""
        record = f"{self._records}/{commit.run_id}.json"
        draft = f"{self.staging(commit.run_id)}/commit.json"
        self._storage.write_text(draft, json.dumps(asdict(commit)))
        self._storage.move(draft, record)
        self._apply(record)

    def recover(self) -> list[str]:
        """Finishes what a crashed run had committed and drops what it had not; the ids of finished runs."""
        finished = []
        for record in self._storage.files(self._records, pattern="*.json"):
            self._apply(record.uri)
            finished.append(record.name.removesuffix(".json"))
        self._storage.delete(self._staging)
        return finished

    def _apply(self, record: str) -> None:
        commit = Commit(**json.loads(self._storage.read_text(record)))
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda move: self._move(*move), commit.moves.items()))
            list(pool.map(self._storage.delete, commit.deletes))
        self._storage.delete(record)
        self._storage.delete(self.staging(commit.run_id))

    def _move(self, staged: str, target: str) -> None:
        if self._storage.exists(staged):
            self._storage.move(staged, target)
