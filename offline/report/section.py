"""What a section of the report is, and what it may ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from matplotlib.figure import Figure

from offline.athena import AthenaEngine
from offline.lake import run_history
from offline.report import numbers


@dataclass(frozen=True)
class Shop:
    """One source of the lake, asked in Athena's SQL; `{source}` stands for its name in a query."""

    athena: AthenaEngine
    source: str

    def ask(self, sql: str) -> list[dict[str, Any]]:
        return run_history.rows(self.athena, sql.format(source=run_history.literal(self.source)))

    @cached_property
    def currency(self) -> str | None:
        """The one currency of a source; None where it does not say."""
        found = self.ask("select max(currency) as currency from fct_order_items where source = {source}")[0]["currency"]
        return None if found is None else str(found)

    def money(self, value: float) -> str:
        """An amount for labels."""
        return numbers.short_money(value, self.currency).replace("$", r"\$")

    def axis(self, value: float) -> str:
        """An amount for axes."""
        return numbers.short_money(value, self.currency, zeros=False).replace("$", r"\$")

    def amount(self, value: Any) -> str:
        """An amount with two decimals, for tables and sentences."""
        return numbers.money(value, self.currency)


@dataclass(frozen=True)
class Section:
    """A picture, a sentence that says what to see in it, and the figures behind it as a table."""

    note: str
    figure: Figure
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = field(default_factory=tuple)
    wide: bool = False


# A section for a shop; None where what it tells of has no rows.
Tell = Callable[[Shop], Section | None]
