"""shoplake cost"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from offline.console import render
from offline.console.streams import out, working

if TYPE_CHECKING:
    from stacks.cost.bill import Line

SHOWN = Decimal("0.01")


class Environment(StrEnum):
    """The packaged environments."""

    DEV = "dev"
    PROD = "prod"


def cost(
    *,
    env: Annotated[Environment, typer.Option(help="Environment whose settings are used.")] = Environment.DEV,
    events_per_second: Annotated[float, typer.Option(help="Average events per second.")] = 0,
    gb_per_day: Annotated[float, typer.Option(help="Additional raw files per day, in GB.")] = 0,
    months: Annotated[int, typer.Option(help="Price storage as it is after N months.")] = 12,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings file, as in `cdk -c config=FILE`.")] = None,
) -> None:
    """Estimate the monthly cost of a deployment on AWS, per resource, with the formula."""
    # The CDK is slow to import.
    from stacks.cost.bill import bill, load_of, total  # noqa: PLC0415
    from stacks.cost.model import prices, table  # noqa: PLC0415
    from stacks.synthesized import templates  # noqa: PLC0415

    with working("synthesizing the platform"):
        synthesized = templates(env=env.value, config=config)
    load = load_of(synthesized, events_per_second=events_per_second, gb_per_day=gb_per_day, months=months)
    lines = bill(synthesized, load)
    console = out()
    console.print(render.table(("stack", "resource", "price", "USD per month", "formula"), _rows(lines), right=[3]))
    grain = "day" if load.by_day else "month"
    console.print(
        f"\n{env.value}, {load.gb_per_day:.2f} GB of raw data per day, partitions by {grain}, storage as after {months} months: "
        f"{total(lines)} USD per month",
        markup=False,
        soft_wrap=True,
    )
    seen = [prices()[line.price].seen for line in lines]
    console.print(
        f"Prices of {table()['region']}, seen from {min(seen)} to {max(seen)} (stacks/cost/prices.yaml), without taxes and free "
        "tiers. stacks/cost/assumptions.yaml states what is assumed about usage, and why.",
        style="dim",
        markup=False,
        soft_wrap=True,
    )


def _rows(lines: list[Line]) -> list[tuple[str, str, str, str, str]]:
    """By stack, most expensive first. Resources with the same price and formula share a row; so do those under a cent."""
    from stacks.cost.bill import total  # noqa: PLC0415

    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        small = line.usd < SHOWN
        groups.setdefault((line.stack, "", "") if small else (line.stack, line.price, line.how), []).append(line)
    rows = []
    for (stack, price, how), group in groups.items():
        several = f"{len(group)} × " if len(group) > 1 and price else ""
        resource = group[0].resource if len(group) == 1 else f"{len(group)} resources"
        formula = f"{several}({how})" if several else how or "less than a cent each"
        rows.append((stack, -total(group), resource, price, formula))
    return [(stack, resource, price, f"{-usd:,.2f}", formula) for stack, usd, resource, price, formula in sorted(rows)]
