"""The commands that only look: sources, sql, tables, describe, runs, quarantine. None of them starts Spark."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from contracts import load
from contracts.errors import LakeError
from offline.console import render
from offline.console.streams import out

# A command loads what it shows when it is called, so that none waits for what another needs.


def sources(ctx: typer.Context) -> None:
    """What can be landed, and what each source fills."""
    from offline.lake.catalog import show_sources  # noqa: PLC0415

    show_sources(out(), ctx.obj)


def sql(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(help="A query in Athena's dialect; - reads it from stdin.")],
    *,
    csv: Annotated[bool, typer.Option("--csv", help="Write CSV.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Write one JSON object a line.")] = False,
) -> None:
    """Ask in Athena's SQL over the processed and curated tables."""
    from offline.lake.run_history import engine  # noqa: PLC0415

    if csv and json:
        raise LakeError("--csv and --json: a result has one form; give one of them.")
    if query.startswith("--") and "\n" not in query:
        raise LakeError(f"{query}: sql has no such option; `shoplake sql --help` lists them.")
    with engine(ctx.obj) as athena:
        found = athena.query(sys.stdin.read() if query == "-" else query)
    if csv:
        render.write_csv(sys.stdout, found.columns, found.rows)
    elif json:
        render.write_json(sys.stdout, found.columns, found.rows)
    else:
        render.result(out(), found.columns, found.rows)


def tables(ctx: typer.Context) -> None:
    """All tables: rows, size and what one row is."""
    from offline.lake.catalog import show_tables  # noqa: PLC0415

    show_tables(out(), ctx.obj)


def describe(
    ctx: typer.Context, table: Annotated[str, typer.Argument(metavar="TABLE", help="Name, as in `shoplake tables`.")]
) -> None:
    """What a table promises: its grain, keys, columns and rules, and what it holds."""
    from offline.lake.catalog import show_table  # noqa: PLC0415

    zone, _, name = table.lower().rpartition(".")
    contract = load(name)
    if zone and zone != contract.zone:
        raise LakeError(f"{table}: {name} lies in {contract.zone}; say {contract.zone}.{name} or just {name}.")
    show_table(out(), ctx.obj, contract)


def runs(
    ctx: typer.Context,
    *,
    run: Annotated[str | None, typer.Option(help="One run only, with every table.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many runs.")] = 10,
) -> None:
    """Every run's account: read = processed + quarantined + duplicates + left out."""
    from offline.lake.run_history import show_runs  # noqa: PLC0415

    show_runs(out(), ctx.obj, run=run, limit=limit)


def quarantine(
    ctx: typer.Context,
    *,
    run: Annotated[str | None, typer.Option(help="One run only.")] = None,
    source: Annotated[str | None, typer.Option(help="One source only.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Sample rows to show.")] = 10,
) -> None:
    """What was refused: counts by rule, then rows with their place and text."""
    from offline.lake.run_history import show_quarantine  # noqa: PLC0415

    show_quarantine(out(), ctx.obj, run=run, source=source, limit=limit)
