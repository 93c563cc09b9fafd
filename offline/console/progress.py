"""What a run is busy with, as a line in the terminal: phase, table, and how far Spark's tasks are."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from offline.lake.local_lake import LocalLake

SECONDS = 0.25


class ProgressDisplay:
    """A progress line per phase. Tables in work are known by their staging folders, tasks from what the run tells.

    Silent where the console is no terminal.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            _Mark(),
            TextColumn("{task.fields[label]}"),
            BarColumn(bar_width=24, complete_style="cyan", finished_style="cyan"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[busy]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None
        self.tasks = ""
        """How far Spark's tasks are, as the run told last."""
        self._tables: frozenset[str] = frozenset()
        self._seen: set[str] = set()

    def __enter__(self) -> ProgressDisplay:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.done(well=kind is None)
        self._progress.stop()

    def phase(self, source: str, name: str, tables: Sequence[str] = ()) -> None:
        """Begins the next phase; the one before is done."""
        self.done()
        self.tasks = ""
        self._tables, self._seen = frozenset(tables), set()
        label = f"{source} · {name}" if source else name
        self._task = self._progress.add_task("", total=len(tables) or None, label=f"{label:<28}", busy="", mark="")

    def done(self, *, well: bool = True) -> None:
        """Ends the phase, if one is under way."""
        if self._task is not None:
            mark = "[green]✓" if well else "[red]✗"
            self._progress.update(self._task, total=1, completed=1, busy="", mark=mark)
            self._progress.stop_task(self._task)
        self._task = None

    @contextmanager
    def following(self, home: LocalLake) -> Iterator[None]:
        """Keeps the line up to date while the block runs."""
        if self._progress.disable:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._follow, args=(home, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(timeout=2)

    def _follow(self, home: LocalLake, ended: threading.Event) -> None:
        while not ended.wait(SECONDS):
            # Folders come and go: a line that is not refreshed once harms nobody.
            with suppress(Exception):
                self._refresh(home)

    def _refresh(self, home: LocalLake) -> None:
        task, current = self._task, self._table(home)
        if task is None:
            return
        busy = " · ".join(part for part in (current, self.tasks) if part)
        done = max(0, len(self._seen) - 1) if self._tables else None
        self._progress.update(task, busy=busy, completed=done)

    def _table(self, home: LocalLake) -> str:
        """The table that was begun last."""
        staged = sorted((entry.stat().st_mtime, entry.name) for entry in _staged(home))
        names = [name for _, folder in staged if (name := folder.rpartition("-")[2]) in self._tables]
        self._seen.update(names)
        return names[-1] if names else ""


class _Mark(SpinnerColumn):
    """Turns while a phase lasts, then says how it ended."""

    def render(self, task: Task) -> RenderableType:
        mark: str = task.fields["mark"]
        return Text.from_markup(mark) if mark else super().render(task)


def _staged(home: LocalLake) -> Iterator[Path]:
    """conform stages in <processed>/_staging/<run>/<table>, marts in <curated>/_staging/<run>-<table>."""
    yield from home.folders["processed"].glob("_staging/*/*")
    yield from home.folders["curated"].glob("_staging/*")
