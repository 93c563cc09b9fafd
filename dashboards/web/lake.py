"""The lake on this machine as a reader. Apart from the others, since AWS has no use for DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from athena_queries.result import Result
from offline.athena import open_lake


class LakeReader:
    """The lake's folders on this machine. One query runs at a time: DuckDB already uses every core for it."""

    def __init__(self, folders: dict[str, Path], *, memory: str | None = None) -> None:
        self._stack, self._lock = ExitStack(), threading.Lock()
        self._lake = self._stack.enter_context(open_lake(folders, memory=memory, skip_damaged=True))

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> Result:
        with self._lock:
            return self._lake.query(sql, parameters)

    def close(self) -> None:
        self._stack.close()
