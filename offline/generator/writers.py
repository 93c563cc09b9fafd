"""Write files: a header, then each day's lines with its edits, straight from Arrow's buffer."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np

from contracts.errors import LakeError, UsageError
from offline.generator.columns import Text
from offline.generator.corruption import Edit
from offline.generator.layouts import FileKind
from offline.generator.plan import Plan


def body(lines: Text, edits: list[Edit]) -> list[memoryview | bytes]:
    """The bytes to write, in pieces: `lines` (not a slice of another column) with `edits` (sorted by row) applied."""
    if not len(lines):
        return [edit.insert for edit in edits]
    _, offsets, data = lines.buffers()
    at = np.frombuffer(offsets, dtype=np.int64, count=len(lines) + 1)
    view = memoryview(data)
    pieces: list[memoryview | bytes] = []
    done = 0
    for edit in edits:
        pieces += [view[at[done] : at[edit.row]], edit.insert]
        done = edit.row + 1 if edit.drop else edit.row
    pieces.append(view[at[done] : at[-1]])
    return pieces


class FileWriter:
    """Writes `<kind>-<date>.csv` per day, or one `<kind>.csv` for all days. Counts files per kind."""

    def __init__(self, plan: Plan, out: Path) -> None:
        self._plan = plan
        self._out = out
        self._stack = ExitStack()
        self._single: dict[str, IO[bytes]] = {}
        self.written: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def write(self, kind: FileKind, *, day: int, pieces: list[memoryview | bytes]) -> None:
        try:
            if self._plan.single_file:
                self._append(kind, pieces)
            else:
                with self._create(kind, f"{kind.name}-{self._plan.date(day)}.csv") as file:
                    file.writelines(pieces)
        except OSError as error:
            raise write_error(self._out, error) from error

    def _append(self, kind: FileKind, pieces: list[memoryview | bytes]) -> None:
        if kind.name not in self._single:
            self._single[kind.name] = self._stack.enter_context(self._create(kind, f"{kind.name}.csv"))
        self._single[kind.name].writelines(pieces)

    def _create(self, kind: FileKind, name: str) -> IO[bytes]:
        self.written[kind.name] = self.written.get(kind.name, 0) + 1
        file = (self._out / name).open("wb")
        file.write(kind.header)
        return file


def write_error(out: Path, error: OSError) -> LakeError:
    return UsageError(
        f"generate: cannot write to {out} ({error.strerror}). "
        "Check free space and permissions, or choose another folder with --out."
    )
