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
    """What may be deployed."""

    DEV = "dev"
    PROD = "prod"


def cost(
    *,
    env: Annotated[Environment, typer.Option(help="Which packaged settings.")] = Environment.DEV,
    events_per_second: Annotated[float, typer.Option(help="Events that come in, on average.")] = 0,
    gb_per_day: Annotated[float, typer.Option(help="Raw files that come in beside them, in GB a day.")] = 0,
    months: Annotated[int, typer.Option(help="Storage is counted as it is after so many months.")] = 12,
    config: Annotated[Path | None, typer.Option(help="A file of settings, as cdk's -c config=FILE.")] = None,
) -> None:
    """What a deployment would cost in a month on AWS: every resource of its templates, with the formula."""
    # Loading the CDK takes a moment; other commands need none of it.
    from stacks.cost.bill import bill, load_of, total  # noqa: PLC0415
    from stacks.cost.model import table  # noqa: PLC0415
    from stacks.synthesized import templates  # noqa: PLC0415

    with working("synthesizing the platform"):
        made = templates(env=env.value, config=config)
    load = load_of(made, events_per_second=events_per_second, gb_per_day=gb_per_day, months=months)
    lines = bill(made, load)
    console = out()
    console.print(render.table(("stack", "resource", "price", "USD a month", "formula"), _rows(lines), right=[3]))
    grain = "day" if load.by_day else "month"
    console.print(
        f"\n{env.value}, {load.gb_per_day:.2f} GB of raw data a day, partitions by {grain}, storage as after {months} months: "
        f"{total(lines)} USD a month",
        markup=False,
        soft_wrap=True,
    )
    console.print(
        f"Prices of {table()['region']} as of {table()['as_of']} (stacks/cost/prices.yaml), without taxes and free tiers; what "
        "a load causes is assumed in stacks/cost/assumptions.yaml, with the reasons.",
        style="dim",
        markup=False,
        soft_wrap=True,
    )


def _rows(lines: list[Line]) -> list[tuple[str, str, str, str, str]]:
    """Stack by stack, dearest first; resources of one price and formula share a row, and so does what is under a cent."""
    from stacks.cost.bill import total  # noqa: PLC0415

    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        small = line.usd < SHOWN
        groups.setdefault((line.stack, "", "") if small else (line.stack, line.price, line.how), []).append(line)
    found = []
    for (stack, price, how), group in groups.items():
        several = f"{len(group)} × " if len(group) > 1 and price else ""
        resource = group[0].resource if len(group) == 1 else f"{len(group)} of them" if price else f"{len(group)} small ones"
        formula = f"{several}({how})" if several else how or "under a cent each"
        found.append((stack, -total(group), resource, price, formula))
    return [(stack, resource, price, f"{-usd:,.2f}", formula) for stack, usd, resource, price, formula in sorted(found)]
