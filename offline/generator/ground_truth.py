"""What was planted and written, for tests to verify.

Counted from the plan and from rows before they are written, never by reading the files. Money is text with two decimals.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE_NAME = "truth.json"
USERS_FILE_NAME = "truth_users.csv"


@dataclass(kw_only=True)
class FileTruth:
    """One file kind. data lines = good_rows + sum(bad_rows) + exact_duplicates + late_duplicates."""

    files: int = 0
    good_rows: int = 0
    bad_rows: dict[str, int] = field(default_factory=dict)
    exact_duplicates: int = 0  # in the same file
    late_duplicates: int = 0  # in the file of a later day
    late_rows: int = 0  # good rows that only the file of a later day has

    @property
    def data_lines(self) -> int:
        return self.good_rows + sum(self.bad_rows.values()) + self.exact_duplicates + self.late_duplicates


@dataclass(kw_only=True)
class SegmentTruth:
    """One planted group. Rates are planned (per session, before each user's eagerness); the rest is counted."""

    planned_cart_rate: float
    planned_buy_rate: float
    users: int = 0
    churned_users: int = 0
    buyers: int = 0
    sessions: int = 0
    carted: int = 0
    bought: int = 0
    orders: int = 0
    units: int = 0
    gross: str = "0.00"


@dataclass(kw_only=True)
class PairTruth:
    """Two products bought together. Support is a share of all orders."""

    anchor: str
    companion: str
    planned_probability: float  # of the companion, given the anchor
    anchor_orders: int = 0
    companion_orders: int = 0
    orders_together: int = 0
    support: float = 0.0
    expected_support: float = 0.0  # planned_probability * anchor_orders / orders


@dataclass(kw_only=True)
class FraudTruth:
    """One burst of orders of one user."""

    user_id: str
    date: str
    orders: int
    order_ids: list[str]  # empty in layout rees46, which has none
    session_ids: list[str]
    gross: str


@dataclass(kw_only=True)
class DayTruth:
    """One day, by the time of the rows, whenever they were delivered."""

    date: str
    events: int
    sessions: int  # that start on this day
    orders: int
    units: int
    gross: str
    returned_units: int
    returned: str


@dataclass(kw_only=True)
class Totals:
    """Totals of all good rows. An order is a session's purchases; every line is of a product."""

    events: int = 0
    views: int = 0
    carts: int = 0
    removes: int = 0
    purchases: int = 0
    sessions: int = 0
    sessions_carted: int = 0
    sessions_bought: int = 0
    sessions_over_midnight: int = 0
    orders: int = 0
    sale_lines: int = 0
    units: int = 0
    gross: str = "0.00"
    return_lines: int = 0
    returned_units: int = 0
    returned: str = "0.00"
    net: str = "0.00"
    buyers: int = 0  # distinct ids of those who bought; in layout rees46 a guest has one
    guest_orders: int = 0
    customers: int = 0  # registered
    products: int = 0


@dataclass(kw_only=True)
class Truth:
    """The ground truth. `complete` is false in the file until the generation has finished."""

    arguments: dict[str, Any]
    complete: bool = False
    files: dict[str, FileTruth] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    segments: dict[str, SegmentTruth] = field(default_factory=dict)
    pairs: list[PairTruth] = field(default_factory=list)
    fraud: list[FraudTruth] = field(default_factory=list)
    daily: list[DayTruth] = field(default_factory=list)

    def write(self, out: Path) -> None:
        (out / FILE_NAME).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
