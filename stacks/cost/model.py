"""The inputs and outputs of the cost model: resources of templates, a load, prices and charges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import yaml

from contracts.errors import PlatformError
from contracts.zones import TABLE_ZONES

DAYS, HOURS = 30, 730  # of a month, by AWS's convention


@dataclass(frozen=True)
class Resource:
    """One resource of a template; `path` is its construct path, such as storage/Raw."""

    path: str
    kind: str
    properties: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class Load:
    """GB of raw files per day; stored data is what has accumulated after `months`. `events_per_second` go through the API."""

    gb_per_day: float = 0
    events_per_second: float = 0
    months: int = 12
    scheduled: bool = False
    by_day: bool = False  # the partition grain of the tables

    @property
    def runs(self) -> float:
        """Batch runs per month."""
        return assume("runs_per_month") if self.scheduled or self.gb_per_day else 0

    @property
    def gb_per_run(self) -> float:
        """GB of raw files that a run reads: all files that share a partition with new data."""
        days = assume("reread_days_by_day" if self.by_day else "reread_days_by_month")
        return self.gb_per_day * days

    @property
    def share(self) -> dict[str, float]:
        """GB added to a zone per GB of raw."""
        return {"raw": 1, "processed": assume("processed_share"), "curated": assume("curated_share")}

    @property
    def touched(self) -> dict[str, float]:
        """Objects written to a zone per month (raw: once; otherwise by each run that rewrites their partition)."""
        per_gb = 1000 / assume("object_mb")
        written = {"raw": self.gb_per_day * DAYS}
        rewritten = self.gb_per_run * self.runs * assume("copies_per_write")
        written |= {zone: rewritten * self.share[zone] for zone in TABLE_ZONES}
        return {zone: gb * per_gb for zone, gb in written.items()}

    @property
    def read(self) -> dict[str, float]:
        """Objects of a zone read per month, by jobs and by queries."""
        per_gb = 1000 / assume("object_mb")
        queries: dict[str, float] = {
            zone: self.share[zone] * self.gb_per_day * assume("scanned_per_day") * DAYS for zone in TABLE_ZONES
        }
        jobs = {"raw": self.gb_per_run * self.runs, "processed": self.gb_per_run * self.share["processed"] * self.runs}
        return {zone: (queries.get(zone, 0) + jobs.get(zone, 0)) * per_gb for zone in self.share}


@dataclass(frozen=True)
class Charge:
    """A number of units at a price; `how` is the formula with its numbers."""

    price: str
    units: float
    how: str = ""


@dataclass(frozen=True)
class Price:
    """USD per unit, the page that lists it, and the month (2026-08) in which it was last seen."""

    usd: Decimal
    per: str
    page: str
    seen: str


Rule = Callable[[Resource, Load], Iterator[Charge]]
RULES: dict[str, Rule] = {}


def priced(kind: str) -> Callable[[Rule], Rule]:
    """Register the rule of a resource type."""

    def register(rule: Rule) -> Rule:
        RULES[kind] = rule
        return rule

    return register


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((resources.files("stacks.cost") / name).read_text(encoding="utf-8"))
    return content


@cache
def table() -> dict[str, Any]:
    """prices.yaml, with its region."""
    return _read("prices.yaml")


@cache
def prices() -> dict[str, Price]:
    """All prices by name."""
    entries = table()["prices"].items()
    return {name: Price(Decimal(entry["usd"]), entry["per"], entry["page"], entry["seen"]) for name, entry in entries}


@cache
def free() -> dict[str, str]:
    """Resource types without a charge, and why."""
    return _read("free.yaml")


@cache
def assumptions() -> dict[str, dict[str, Any]]:
    """All assumptions with their reasons."""
    return _read("assumptions.yaml")


def assume(name: str) -> float:
    """The value of an assumption; PlatformError if assumptions.yaml does not have it."""
    if name not in assumptions():
        raise PlatformError(f"stacks/cost/assumptions.yaml: {name} is missing; add it with a value and a why.")
    return float(assumptions()[name]["value"])
