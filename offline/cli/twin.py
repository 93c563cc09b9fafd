"""shoplake up, shoplake status, shoplake down"""

from __future__ import annotations

import time

import typer

from offline.console import render
from offline.console.streams import out, working
from offline.lake.local_lake import LocalLake

# boto3 takes a moment to load; other commands need none of it.


def up(ctx: typer.Context) -> None:
    """Start the lake's twin: the platform as it would be deployed, created on this machine."""
    from offline.twin import client  # noqa: PLC0415

    home: LocalLake = ctx.obj
    started = time.monotonic()
    before = client.find(home)
    with working("creating the platform on this machine"):
        twin = client.up(home)
    again = before is not None and before.record == twin.record
    took = "was up already" if again else f"is up, in {time.monotonic() - started:.1f} s"
    out().print(f"The twin of {home.root} {took}: {twin.endpoint}", markup=False, soft_wrap=True)
    out().print(f"Ask it as AWS: {twin.export}", style="dim", markup=False, soft_wrap=True)


def status(ctx: typer.Context) -> None:
    """What is up: the address, the stacks, the names of what they made, and the last job runs."""
    from offline.twin import client  # noqa: PLC0415

    home: LocalLake = ctx.obj
    twin = client.find(home)
    if twin is None:
        out().print(f"No twin of {home.root} is up; `shoplake up` starts one.", markup=False, soft_wrap=True)
        return
    console = out()
    stacks = twin.client("cloudformation").describe_stacks()["Stacks"]
    console.print(f"The twin of {home.root} is up: {twin.endpoint}", markup=False, soft_wrap=True)
    console.print(render.table(("stack", "state"), sorted((stack["StackName"], stack["StackStatus"]) for stack in stacks)))
    named = {key: value for key, value in sorted(twin.record.outputs.items()) if not key.startswith("ExportsOutput")}
    console.print()
    console.print(render.table(("output", "is"), named.items()))
    runs = client.newest_runs(twin)
    if runs:
        console.print()
        console.print(render.table(("job", "began (UTC)", "state", "seconds"), runs, right=[3]))
    console.print(f"\n[dim]Ask it as AWS: {twin.export}", soft_wrap=True)


def down(ctx: typer.Context) -> None:
    """Stop the lake's twin; what it holds is there again when it is next up."""
    from offline.twin import client  # noqa: PLC0415

    home: LocalLake = ctx.obj
    with working("stopping"):
        stopped = client.down(home)
    out().print(f"The twin of {home.root} {'is down' if stopped else 'was not up'}.", markup=False, soft_wrap=True)
