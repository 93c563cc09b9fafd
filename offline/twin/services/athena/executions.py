"""Query executions: one thread each, states, statistics, and the objects that Athena writes to S3."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.errors import LakeError
from offline.athena import AthenaEngine
from offline.athena.result_text import text_of

RUNNING_AT_ONCE = 2
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass
class Output:
    """What a statement returns: columns, rows as text, and where it wrote."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    scanned_bytes: int = 0
    manifest: list[str] | None = None
    is_query: bool = False

    @staticmethod
    def of(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]], scanned_bytes: int) -> Output:
        kinds = [kind for _, kind in columns]
        texts = [tuple(text_of(value, kind) for value, kind in zip(row, kinds, strict=True)) for row in rows]
        return Output(list(columns), texts, scanned_bytes, is_query=True)


@dataclass
class Execution:
    """One query of the API."""

    query: str
    database: str | None
    workgroup: str
    location: str
    parameters: list[str] | None = None
    cutoff: int | None = None
    statement: str = "DML"
    substatement: str = "SELECT"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    reason: str | None = None
    submitted: float = field(default_factory=time.time)
    started: float | None = None
    completed: float | None = None
    output: Output = field(default_factory=Output)
    reused_from: str | None = None
    reuse: dict[str, Any] = field(default_factory=lambda: {"ResultReuseByAgeConfiguration": {"Enabled": False}})
    engine: AthenaEngine | None = None

    @property
    def extension(self) -> str:
        return "csv" if self.output.is_query or self.statement == "DML" else "txt"

    @property
    def address(self) -> str:
        """The result object's address."""
        return f"{self.location.rstrip('/')}/{self.reused_from or self.id}.{self.extension}"


class Runner:
    """Runs executions, two at a time; `statement` does the work, `put` writes an object to an address."""

    def __init__(self, statement: Callable[[Execution], Output], put: Callable[[str, bytes], None]) -> None:
        self._statement, self._put = statement, put
        self._slots = threading.Semaphore(RUNNING_AT_ONCE)
        self._lock = threading.Lock()
        self.executions: dict[str, Execution] = {}

    @property
    def busy(self) -> bool:
        return any(execution.state not in FINAL for execution in self.executions.values())

    def submit(self, execution: Execution, *, max_age: float | None = None) -> str:
        """Start the execution; with `max_age` in seconds, a result of the same query that is not older is reused."""
        former = self._former(execution, max_age) if max_age is not None else None
        self.executions[execution.id] = execution
        if former is not None:
            now = time.time()
            execution.output = Output(former.output.columns, former.output.rows, 0, is_query=True)
            execution.reused_from = former.reused_from or former.id
            execution.state, execution.started, execution.completed = "SUCCEEDED", now, now
        else:
            threading.Thread(target=self._run, args=(execution,), daemon=True).start()
        return execution.id

    def _former(self, execution: Execution, max_age: float) -> Execution | None:
        def key(one: Execution) -> tuple[Any, ...]:
            return one.query, one.database, one.workgroup, one.location, one.parameters

        return next(
            (
                one
                for one in reversed(self.executions.values())
                if one.state == "SUCCEEDED" and one.output.is_query and not one.reused_from and key(one) == key(execution)
                and one.completed is not None and time.time() - one.completed <= max_age
            ),
            None,
        )  # fmt: skip

    def stop(self, execution: Execution) -> None:
        with self._lock:
            if execution.state in FINAL:
                return
            self._finish(execution, "CANCELLED", "Query cancelled by user")
        if execution.engine is not None:
            execution.engine.interrupt()

    def _run(self, execution: Execution) -> None:
        with self._slots:
            with self._lock:
                if execution.state in FINAL:
                    return
                execution.state, execution.started = "RUNNING", time.time()
            state, reason = "SUCCEEDED", None
            try:
                output = self._statement(execution)
                if execution.cutoff and output.scanned_bytes > execution.cutoff:
                    execution.output.scanned_bytes = output.scanned_bytes
                    state, reason = "CANCELLED", f"Bytes scanned limit was exceeded: {output.scanned_bytes} > {execution.cutoff}"
                else:
                    execution.output = output
                    self._write(execution)
            except LakeError as error:
                state, reason = "FAILED", str(error)
            except Exception as error:  # noqa: BLE001 - a query must not stay RUNNING
                state, reason = "FAILED", f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}"
            with self._lock:
                if execution.state not in FINAL:
                    self._finish(execution, state, reason)

    @staticmethod
    def _finish(execution: Execution, state: str, reason: str | None) -> None:
        execution.state, execution.reason, execution.completed = state, reason, time.time()

    def _write(self, execution: Execution) -> None:
        """The result object, and for CTAS and UNLOAD the manifest of the files."""
        output = execution.output
        if output.manifest is not None:
            self._put(manifest_address(execution), ("\n".join(output.manifest) + "\n").encode() if output.manifest else b"")
            return
        text = csv_text(output) if output.is_query else "".join("\t".join(v or "" for v in row) + "\n" for row in output.rows)
        self._put(execution.address, text.encode())
        self._put(f"{execution.address}.metadata", b"")


def manifest_address(execution: Execution) -> str:
    return f"{execution.location.rstrip('/')}/{execution.id}-manifest.csv"


def csv_text(output: Output) -> str:
    """Every value quoted; null is nothing between the commas."""
    lines = [[name for name, _ in output.columns], *output.rows]
    return "".join(",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in line) + "\n" for line in lines)
