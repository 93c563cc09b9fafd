"""shoplake views list, diff, check, deploy"""

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

views = typer.Typer(no_args_is_help=True, help="Views of Athena: list, compare, check and deploy them.")
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
