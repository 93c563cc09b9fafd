"""A progress line per phase of a run: source, job, the table being built, and Spark's tasks."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text


class ProgressDisplay:
    """One line per phase. Silent where the console is not a terminal."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            _PhaseMark(),
            TextColumn("{task.fields[label]}"),
            BarColumn(bar_width=24, complete_style="cyan", finished_style="cyan"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[activity]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._line: TaskID | None = None
        self._expected: frozenset[str] = frozenset()
        self._started: list[str] = []
        self._tasks = ""

    def __enter__(self) -> ProgressDisplay:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.finish(succeeded=kind is None)
        self._progress.stop()

    def phase(self, source: str, name: str, tables: Sequence[str] = ()) -> None:
        """Starts a phase that builds these tables; the previous phase is finished."""
        self.finish()
        self._expected, self._started, self._tasks = frozenset(tables), [], ""
        label = f"{source} · {name}" if source else name
        self._line = self._progress.add_task("", total=len(tables) or None, label=f"{label:<28}", activity="", mark="")

    def update(self, *, table: str | None = None, tasks: str | None = None) -> None:
        """Shows the table that was started last, and how many of Spark's tasks are done."""
        if table in self._expected and table not in self._started:
            self._started.append(str(table))
        self._tasks = self._tasks if tasks is None else tasks
        if self._line is None:
            return
        activity = " · ".join(part for part in (*self._started[-1:], self._tasks) if part)
        completed = max(0, len(self._started) - 1) if self._expected else None
        self._progress.update(self._line, activity=activity, completed=completed)

    def finish(self, *, succeeded: bool = True) -> None:
        """Finishes the current phase, if there is one."""
        if self._line is not None:
            mark = "[green]✓" if succeeded else "[red]✗"
            self._progress.update(self._line, total=1, completed=1, activity="", mark=mark)
            self._progress.stop_task(self._line)
        self._line = None


class _PhaseMark(SpinnerColumn):
    """Spins during a phase, then shows how it ended."""

    def render(self, task: Task) -> RenderableType:
        mark: str = task.fields["mark"]
        return Text.from_markup(mark) if mark else super().render(task)
