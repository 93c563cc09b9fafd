"""The SQL engine over one lake, with its tables, views and reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from athena_queries.named_queries import report_sql
from athena_queries.views import load_views
from contracts import load_all
from offline.athena.engine import AthenaEngine
from offline.athena.model import View, tables_of


class LakeQueries(AthenaEngine):
    """Athena's SQL over the tables and views of one lake; a filter and an order is all that a reader of views adds."""

    def view(
        self, name: str, *, order_by: Sequence[str] = (), limit: int | None = None, **equal_to: str | bool
    ) -> list[dict[str, Any]]:
        """Rows of a view in which each named column has the given value."""
        return self._rows(name, order_by=order_by, limit=limit, equal_to=equal_to)

    def view_row(self, name: str, **equal_to: str | bool) -> dict[str, Any] | None:
        """The only row of a view for these values; None if there is none."""
        rows = self._rows(name, order_by=(), limit=None, equal_to=equal_to)
        return rows[0] if rows else None

    def report(
        self, name: str, *, order_by: Sequence[str] = (), limit: int | None = None, **equal_to: str | bool
    ) -> list[dict[str, Any]]:
        """Rows of a report of athena_queries/reports, filtered in the same way."""
        return self._rows(f"(\n{report_sql(name)}\n) as report", order_by=order_by, limit=limit, equal_to=equal_to)

    def _rows(
        self, relation: str, *, order_by: Sequence[str], limit: int | None, equal_to: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        where = f" where {' and '.join(f'{column} = ?' for column in equal_to)}" if equal_to else ""
        order = f" order by {', '.join(order_by)}" if order_by else ""
        top = f" limit {limit}" if limit is not None else ""
        return self.rows(f"select * from {relation}{where}{order}{top}", list(equal_to.values()))


def _databases(folders: Mapping[str, Path]) -> dict[str, str]:
    """The deployed database of each zone: shoplake_dev_curated is beside the bucket shoplake-dev-curated-…"""
    found = {zone: re.match(rf"(.+)-{zone}\b", folder.name) for zone, folder in folders.items()}
    return {zone: f"{match[1]}-{zone}".replace("-", "_") for zone, match in found.items() if match}


@contextmanager
def open_lake(folders: Mapping[str, Path], *, memory: str | None = None, skip_damaged: bool = False) -> Iterator[LakeQueries]:
    """Open the lake whose zones lie in `folders` for queries; nothing can be written through it.

    `memory` limits DuckDB, as in 8GB. With `skip_damaged`, files that cannot be read are skipped and listed in `damaged`.
    """
    views = {
        f"curated.{view.name}": View(view.sql, tuple((column.name, column.type) for column in view.columns))
        for view in load_views().values()
    }
    queries = LakeQueries(
        tables_of(folders, load_all()), views, databases=_databases(folders), memory=memory, skip_damaged=skip_damaged
    )
    try:
        yield queries
    finally:
        queries.close()
