"""What a section of the report is, and the source that it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from matplotlib.figure import Figure

from offline.athena import LakeQueries
from offline.report.rendering import formatting


@dataclass(frozen=True)
class ReportSource:
    """One source of the lake, read through its views."""

    lake: LakeQueries
    name: str

    def view(self, name: str, *, order_by: Sequence[str] = (), limit: int | None = None) -> list[dict[str, Any]]:
        return self.lake.view(name, order_by=order_by, limit=limit, source=self.name)

    def view_row(self, name: str) -> dict[str, Any] | None:
        """The row of a view with one row per source; None if the source has none."""
        return self.lake.view_row(name, source=self.name)

    @cached_property
    def currency(self) -> str | None:
        """ISO 4217 code; None if the source does not state one."""
        row = self.view_row("source_currency")
        return row["currency"] if row else None

    def money(self, value: float) -> str:
        """A short amount for chart labels."""
        return formatting.short_money(value, self.currency).replace("$", r"\$")

    def axis(self, value: float) -> str:
        """A short amount for axes."""
        return formatting.short_money(value, self.currency, zeros=False).replace("$", r"\$")

    def amount(self, value: Any) -> str:
        """An amount with two decimals, for tables and sentences."""
        return formatting.money(value, self.currency)


@dataclass(frozen=True)
class Section:
    """A chart, a sentence for everybody that sums it up, its figures as a table, and `method` for those who know statistics."""

    note: str
    figure: Figure
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = field(default_factory=tuple)
    wide: bool = False
    method: str = ""


# Builds a section; None if the source has no rows for it.
SectionBuilder = Callable[[ReportSource], Section | None]
