"""shoplake up, shoplake status, shoplake down"""

from __future__ import annotations

import time

import typer

from offline.console import render
from offline.console.streams import out, working
from offline.lake.local_lake import LocalLake

# boto3 is slow to import; only these commands need it.


def up(ctx: typer.Context) -> None:
    """Start the local stack: the deployed platform on 127.0.0.1."""
    from offline.twin import client  # noqa: PLC0415

    lake: LocalLake = ctx.obj
    started = time.monotonic()
    before = client.find(lake.root)
    with working("starting the local stack"):
        twin = client.up(lake.root)
    unchanged = before is not None and before.record == twin.record
    state = "is already running" if unchanged else f"started in {time.monotonic() - started:.1f} s"
    out().print(f"The local stack of {lake.root} {state}: {twin.endpoint}", markup=False, soft_wrap=True)
    out().print(f"For AWS tools: {twin.export}", style="dim", markup=False, soft_wrap=True)


def status(ctx: typer.Context) -> None:
    """Show the local stack: endpoint, stacks and outputs, recent job runs."""
    from offline.twin import client  # noqa: PLC0415

    lake: LocalLake = ctx.obj
    twin = client.find(lake.root)
    if twin is None:
        out().print(f"The local stack of {lake.root} is not running; start it with `shoplake up`.", markup=False, soft_wrap=True)
        return
    console = out()
    stacks = twin.client("cloudformation").describe_stacks()["Stacks"]
    console.print(f"The local stack of {lake.root} is running: {twin.endpoint}", markup=False, soft_wrap=True)
    console.print(render.table(("stack", "state"), sorted((stack["StackName"], stack["StackStatus"]) for stack in stacks)))
    outputs = {key: value for key, value in sorted(twin.record.outputs.items()) if not key.startswith("ExportsOutput")}
    console.print()
    console.print(render.table(("output", "value"), outputs.items()))
    runs = client.recent_runs(twin)
    if runs:
        console.print()
        console.print(render.table(("job", "started (UTC)", "state", "seconds"), runs, right=[3]))
    console.print(f"\n[dim]For AWS tools: {twin.export}", soft_wrap=True)


def down(ctx: typer.Context) -> None:
    """Stop the local stack; its data is kept for the next `up`."""
    from offline.twin import client  # noqa: PLC0415

    lake: LocalLake = ctx.obj
    with working("stopping the local stack"):
        stopped = client.down(lake.root)
    state = "stopped" if stopped else "was not running"
    out().print(f"The local stack of {lake.root} {state}.", markup=False, soft_wrap=True)
