"""The monthly bill of a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import stacks.cost.live_rules
import stacks.cost.model_rules
import stacks.cost.rules  # noqa: F401 - all register their rules
from contracts.errors import PlatformError, UsageError
from stacks.cost.model import RULES, Load, Resource, assume, free, prices

Templates = Mapping[str, Mapping[str, Any]]
CENTS = Decimal("0.01")
_CUSTOM = "Custom::"


@dataclass(frozen=True)
class Line:
    """One charge of one resource; `usd` is not rounded."""

    stack: str
    resource: str
    price: str
    units: float
    how: str
    usd: Decimal


def load_of(templates: Templates, *, events_per_second: float = 0, gb_per_day: float = 0, months: int = 12) -> Load:
    """The load, with the schedule and the partition grain taken from the templates."""
    if events_per_second < 0 or gb_per_day < 0 or months < 1:
        raise UsageError("The load is negative; pass events per second and GB per day of 0 or more, and months of 1 or more.")
    deployed = list(_resources(templates))
    grains = {entry.properties["DefaultArguments"]["--partition_grain"] for entry in deployed if entry.kind == "AWS::Glue::Job"}
    return Load(
        events_per_second=events_per_second,
        gb_per_day=gb_per_day + events_per_second * 86_400 * assume("event_bytes") / 1e9,
        months=months,
        scheduled=any(entry.properties["State"] == "ENABLED" for entry in deployed if entry.kind == "AWS::Scheduler::Schedule"),
        by_day=grains == {"day"},
    )


def bill(templates: Templates, load: Load) -> list[Line]:
    """Every charge above zero, stack by stack; PlatformError for a resource type that is neither priced nor free.

    `templates` are complete templates by the stack's short name, such as storage.
    """
    return [line for resource in _resources(templates) for line in _lines(resource, load)]


def _lines(resource: Resource, load: Load) -> Iterator[Line]:
    stack, _, path = resource.path.partition("/")
    rule = RULES.get(resource.kind)
    if rule is None:
        if resource.kind in free() or _CUSTOM in resource.path:
            return
        raise PlatformError(
            f"{resource.path}: {resource.kind} has no price; add a rule to stacks/cost/rules.py, or a line to free.yaml if it "
            "costs nothing."
        )
    for charge in rule(resource, load):
        price = prices().get(charge.price)
        if price is None:
            raise PlatformError(f"stacks/cost/prices.yaml: {charge.price} is missing; add it with usd, per and page.")
        usd = price.usd * Decimal(str(charge.units))
        if usd:
            yield Line(stack, path, charge.price, charge.units, charge.how, usd)


def _resources(templates: Templates) -> Iterator[Resource]:
    for stack, template in templates.items():
        for id_, resource in template.get("Resources", {}).items():
            path = resource.get("Metadata", {}).get("aws:cdk:path", f"{stack}/{id_}").partition("/")[2]
            path = path.removesuffix("/Resource").removesuffix("/Default")
            yield Resource(f"{stack}/{path}", resource["Type"], resource.get("Properties", {}))


def total(lines: Iterable[Line]) -> Decimal:
    """USD, rounded to cents."""
    return sum((line.usd for line in lines), Decimal(0)).quantize(CENTS)
