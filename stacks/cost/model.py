"""The parts of a bill: resources of templates, a load, and charges."""

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

DAYS, HOURS = 30, 730  # of a month, as AWS counts them


@dataclass(frozen=True)
class Resource:
    """One resource of a template; `path` is its construct's, such as storage/Raw."""

    path: str
    kind: str
    properties: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class Load:
    """What comes in: GB of raw files a day; what is kept is as it will be after so many `months` of it."""

    gb_per_day: float = 0
    months: int = 12
    scheduled: bool = False
    by_day: bool = False  # the partition grain of the tables

    @property
    def runs(self) -> float:
        """Runs of the batch in a month."""
        return assume("runs_per_month") if self.scheduled or self.gb_per_day else 0

    @property
    def gb_per_run(self) -> float:
        """GB of raw files that a run reads: all that share a partition with what is new."""
        days = assume("reread_days_by_day" if self.by_day else "reread_days_by_month")
        return self.gb_per_day * days

    @property
    def share(self) -> dict[str, float]:
        """GB that a zone gains per GB of raw."""
        return {"raw": 1, "processed": assume("processed_share"), "curated": assume("curated_share")}

    @property
    def touched(self) -> dict[str, float]:
        """Objects of a zone that are written in a month (raw: once; else with each run that rewrites their partition)."""
        per_gb = 1000 / assume("object_mb")
        written = {"raw": self.gb_per_day * DAYS}
        rewritten = self.gb_per_run * self.runs * assume("copies_per_write")
        written |= {zone: rewritten * self.share[zone] for zone in TABLE_ZONES}
        return {zone: gb * per_gb for zone, gb in written.items()}

    @property
    def read(self) -> dict[str, float]:
        """Objects of a zone that are read in a month: by the jobs, and by those who ask."""
        per_gb = 1000 / assume("object_mb")
        asked: dict[str, float] = {
            zone: self.share[zone] * self.gb_per_day * assume("scanned_per_day") * DAYS for zone in TABLE_ZONES
        }
        jobs = {"raw": self.gb_per_run * self.runs, "processed": self.gb_per_run * self.share["processed"] * self.runs}
        return {zone: (asked.get(zone, 0) + jobs.get(zone, 0)) * per_gb for zone in self.share}


@dataclass(frozen=True)
class Charge:
    """So many units of a price; `how` is the formula with its numbers."""

    price: str
    units: float
    how: str = ""


@dataclass(frozen=True)
class Price:
    """USD per unit, and the page that says so."""

    usd: Decimal
    per: str
    page: str


Rule = Callable[[Resource, Load], Iterator[Charge]]
RULES: dict[str, Rule] = {}


def priced(kind: str) -> Callable[[Rule], Rule]:
    """Registers the rule of a type of resource."""

    def register(rule: Rule) -> Rule:
        RULES[kind] = rule
        return rule

    return register


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((resources.files("stacks.cost") / name).read_text(encoding="utf-8"))
    return found


@cache
def table() -> dict[str, Any]:
    """prices.yaml, with its region and date."""
    return _read("prices.yaml")


@cache
def prices() -> dict[str, Price]:
    """Every price by its name."""
    return {name: Price(Decimal(entry["usd"]), entry["per"], entry["page"]) for name, entry in table()["prices"].items()}


@cache
def free() -> dict[str, str]:
    """Types of resources that cost nothing, and why."""
    return _read("free.yaml")


@cache
def assumptions() -> dict[str, dict[str, Any]]:
    """Every assumption with its reason."""
    return _read("assumptions.yaml")


def assume(name: str) -> float:
    """The value of an assumption; LakeError where assumptions.yaml has none of this name."""
    if name not in assumptions():
        raise PlatformError(f"stacks/cost/assumptions.yaml: {name} is missing; add it with a value and a why.")
    return float(assumptions()[name]["value"])
