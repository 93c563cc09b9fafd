"""shoplake up, shoplake status, shoplake down"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import PlatformError
from offline.console import render
from offline.console.streams import out, print_message, working
from offline.lake.local_lake import LocalLake
from offline.twin.bucket_folders import strays

if TYPE_CHECKING:
    from offline.twin.client import Twin

# boto3 is slow to import; only these commands need it.

FOR_AWS_TOOLS = 'For AWS tools: eval "$(shoplake status --export)"'


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
    out().print(f"The local stack of {lake.root} {state}: {twin.endpoint.url}", markup=False, soft_wrap=True)
    _print_api(twin)
    out().print(FOR_AWS_TOOLS, style="dim", markup=False, soft_wrap=True)
    _name_strays(lake)


def status(
    ctx: typer.Context,
    *,
    export: Annotated[
        bool, typer.Option("--export", help="Print only the shell commands that point AWS tools at the local stack.")
    ] = False,
) -> None:
    """Show the local stack: endpoint, stacks and outputs, recent job runs."""
    from offline.twin import client  # noqa: PLC0415

    lake: LocalLake = ctx.obj
    twin = client.find(lake.root)
    if twin is None or twin.is_outdated:
        state = "was started by an earlier version; restart it" if twin else "is not running; start it"
        sentence = f"The local stack of {lake.root} {state} with `shoplake up`."
        if export:
            raise PlatformError(sentence)
        out().print(sentence, markup=False, soft_wrap=True)
        return
    if export:
        sys.stdout.write(twin.exports)
        return
    console = out()
    stacks = twin.client("cloudformation").describe_stacks()["Stacks"]
    console.print(f"The local stack of {lake.root} is running: {twin.endpoint.url}", markup=False, soft_wrap=True)
    console.print(render.table(("stack", "state"), sorted((stack["StackName"], stack["StackStatus"]) for stack in stacks)))
    outputs = {key: value for key, value in sorted(twin.record.outputs.items()) if not key.startswith("ExportsOutput")}
    console.print()
    console.print(render.table(("output", "value"), outputs.items()))
    runs = client.recent_runs(twin)
    if runs:
        console.print()
        console.print(render.table(("job", "started (UTC)", "state", "seconds"), runs, right=[3]))
    console.print()
    console.print(FOR_AWS_TOOLS, style="dim", markup=False, soft_wrap=True)
    _name_strays(lake)


def down(ctx: typer.Context) -> None:
    """Stop the local stack; its data is kept for the next `up`."""
    from offline.twin import client  # noqa: PLC0415

    lake: LocalLake = ctx.obj
    with working("stopping the local stack"):
        stopped = client.down(lake.root)
    state = "stopped" if stopped else "was not running"
    out().print(f"The local stack of {lake.root} {state}.", markup=False, soft_wrap=True)


def _print_api(twin: Twin) -> None:
    """The API's address and keys. They are of use on this machine only, so they may be shown."""
    if "ApiUrl" not in twin.record.outputs:
        return
    facts = [("API", twin.output("ApiUrl")), ("publishable key", twin.output("PublishableKey")), ("server key", twin.server_key)]
    for name, value in facts:
        out().print(f"{name:<16}{value}", markup=False, soft_wrap=True)


def _name_strays(lake: LocalLake) -> None:
    root = lake.root / "s3"
    for name in strays(root):
        print_message(f"{root / name}: ignored, because it cannot be a bucket; move it elsewhere.")
