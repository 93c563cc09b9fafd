"""shoplake views list, diff, check, deploy, costs"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from contracts.errors import PlatformError, UsageError, VerificationError
from offline.console import render
from offline.console.streams import out, working

if TYPE_CHECKING:
    from athena_queries.deployer import Deployer

views = typer.Typer(no_args_is_help=True, help="Views of Athena: list, compare, check, deploy, and what they scan.")
Aws = Annotated[
    str | None, typer.Option("--aws", metavar="PREFIX", help="Work on the lake in your AWS account, such as shoplake-dev.")
]


@views.command("list")
def list_views() -> None:
    """List views: what each answers, and what it reads."""
    from athena_queries.views import load_views  # noqa: PLC0415

    rows = [(view.name, view.purpose, ", ".join(sorted(view.reads))) for view in load_views().values()]
    out().print(render.table(("view", "answers", "reads"), rows))


@views.command()
def diff(ctx: typer.Context, *, aws: Aws = None) -> None:
    """Show what deploying would change."""
    with _deployer(ctx, aws) as deployer:
        changes = [change for change in deployer.changes() if change.action != "keep"]
    for change in changes:
        out().print(f"{change.action:8} {change.name}: {change.reason}", markup=False, highlight=False, soft_wrap=True)
    out().print("No differences." if not changes else f"{render.count(len(changes), 'view')} to change.")


@views.command()
def check() -> None:
    """Check every view against the contracts: tables, columns, types and names. Needs no data."""
    from offline.lake.view_check import problems  # noqa: PLC0415

    found = problems()
    for problem in found:
        out().print(problem, markup=False, highlight=False, soft_wrap=True)
    if found:
        raise VerificationError(f"{render.count(len(found), 'problem')} in athena_queries/views.")
    out().print("All views match the contracts.")


@views.command()
def deploy(ctx: typer.Context, *, aws: Aws = None) -> None:
    """Create, replace and drop views so that they are those of the repository; a failure restores the former ones."""
    with _deployer(ctx, aws) as deployer, working("deploying the views"):
        changes = deployer.deploy()
    changed = [change for change in changes if change.action != "keep"]
    for change in changed:
        out().print(f"{change.action:8} {change.name}", markup=False, highlight=False)
    out().print(f"{render.count(len(changed), 'view')} changed, {len(changes) - len(changed)} up to date.")


@views.command()
def costs(ctx: typer.Context) -> None:
    """Show what each view and report reads of this lake, in bytes and as a share of raw; Athena bills for these bytes."""
    from offline.lake.catalog import human  # noqa: PLC0415
    from offline.lake.scan_costs import raw_bytes, scan_costs  # noqa: PLC0415

    whole = raw_bytes(ctx.obj.folders)
    with working("reading every view and report"):
        found = list(scan_costs(ctx.obj.folders))
    rows = [
        (cost.kind, cost.name, f"{cost.rows:,}", human(cost.scanned_bytes), f"{cost.scanned_bytes / whole:.2%}" if whole else "")
        for cost in found
    ]
    out().print(render.table(("kind", "name", "rows", "scanned", "of raw"), rows, right=(2, 3, 4)))


@contextmanager
def _deployer(ctx: typer.Context, prefix: str | None) -> Iterator[Deployer]:
    """For the lake in AWS with this prefix, or for the local stack, which must be up."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from athena_queries.deployer import Deployer  # noqa: PLC0415
    from athena_queries.views import load_views  # noqa: PLC0415
    from offline.twin import client  # noqa: PLC0415

    try:
        if prefix is not None:
            import boto3  # noqa: PLC0415

            database = f"{prefix}-curated".replace("-", "_")
            yield Deployer(boto3.client("athena"), boto3.client("glue"), database, f"{prefix}-analyst", load_views())
            return
        twin = client.find(ctx.obj.root)
        if twin is None:
            raise UsageError("The local stack is not up: run `shoplake up`, or name the lake in AWS with --aws PREFIX.")
        database, workgroup = twin.output("CuratedDatabase"), twin.output("AnalystWorkgroup")
        yield Deployer(twin.client("athena"), twin.client("glue"), database, workgroup, load_views())
    except (BotoCoreError, ClientError) as error:
        raise PlatformError(f"{prefix or 'The local stack'}: {str(error).rstrip('.')}.") from None
