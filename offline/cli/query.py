"""Commands that read the lake without Spark: sources, sql, tables, describe, runs, quarantine."""

from __future__ import annotations

import sys
import time
from itertools import groupby
from typing import Annotated

import typer

from contracts import load
from contracts.errors import UsageError, VerificationError
from offline.console import render
from offline.console.streams import out, working

MEMORY = "SHOPLAKE_QUERY_MEMORY"
# Modules that are slow to import are loaded by the command that needs them.


def sources(ctx: typer.Context) -> None:
    """List sources: file kinds, what has landed, and the tables they fill."""
    from offline.lake.catalog import show_sources  # noqa: PLC0415

    show_sources(out(), ctx.obj)


def sql(
    ctx: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Query in Athena's SQL, or a report's name; - reads stdin.")],
    *,
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="LITERAL", help="Value of the next ?, such as \"date '2026-01-31'\"."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
    memory: Annotated[
        str | None, typer.Option(envvar=MEMORY, metavar="SIZE", help="Memory for the query, such as 8GB (default: 80 %).")
    ] = None,
    spreadsheet: Annotated[
        bool,
        typer.Option("--spreadsheet", help="Print CSV for spreadsheets: formulas and control characters as text."),
    ] = False,
) -> None:
    """Query processed and curated tables, and views, in Athena's SQL."""
    from offline.athena import open_lake  # noqa: PLC0415
    from offline.lake.catalog import human  # noqa: PLC0415

    if csv + json + spreadsheet > 1:
        raise UsageError("--csv, --json and --spreadsheet exclude each other; use one of them.")
    if query.startswith("--") and "\n" not in query:
        raise UsageError(f"{query}: sql has no such option; see `shoplake sql --help`.")
    with open_lake(ctx.obj.folders, memory=memory) as lake:
        text, started = _query_text(query, parameter or []), time.monotonic()
        result = lake.query(text)
        seconds = time.monotonic() - started
    if csv or spreadsheet:
        render.write_csv(sys.stdout, result.columns, result.rows, spreadsheet=spreadsheet)
    elif json:
        render.write_json(sys.stdout, result.columns, result.rows)
    else:
        render.result(out(), result.columns, result.rows)
        cost = f"{human(result.scanned_bytes)} scanned in {seconds:.1f} s"
        out().print(cost, style="dim", highlight=False)


def _query_text(query: str, parameters: list[str]) -> str:
    """The query with its parameters filled; a single word is the name of a report."""
    from athena_queries.named_queries import report_parameters, report_sql  # noqa: PLC0415
    from athena_queries.parameters import fill_texts  # noqa: PLC0415

    if query == "-":
        text = sys.stdin.read()
    elif query.strip().isidentifier():
        text = report_sql(query.strip())
        if len(names := report_parameters(text)) != len(parameters):
            example = " ".join(f'-p "{value}"' for value in names.values())
            expected = f"takes {', '.join(names)}: {example}" if names else "takes no parameters"
            raise UsageError(f"{query}: the report {expected}.")
    else:
        text = query
    return fill_texts(text, parameters) if parameters else text


def tables(ctx: typer.Context) -> None:
    """List tables (rows, size, grain) and views."""
    from offline.lake.catalog import show_tables  # noqa: PLC0415

    show_tables(out(), ctx.obj)


def describe(
    ctx: typer.Context, table: Annotated[str, typer.Argument(metavar="TABLE", help="Table or view; see `shoplake tables`.")]
) -> None:
    """Show a table's contract (grain, key, columns, rules) and row counts, or what a view answers."""
    from athena_queries.views import load_views  # noqa: PLC0415
    from offline.lake.catalog import show_table, show_view  # noqa: PLC0415

    zone, _, name = table.lower().rpartition(".")
    if name in load_views() and zone in ("", "curated"):
        show_view(out(), load_views()[name])
        return
    contract = load(name)
    if zone and zone != contract.zone:
        raise UsageError(f"{table}: {name} is in {contract.zone}; write {contract.zone}.{name} or {name}.")
    show_table(out(), ctx.obj, contract)


def runs(
    ctx: typer.Context,
    *,
    run: Annotated[str | None, typer.Option(help="Show one run in full.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show the most recent N runs.")] = 10,
) -> None:
    """Show run history and row reconciliation."""
    from offline.lake.run_history import show_runs  # noqa: PLC0415

    show_runs(out(), ctx.obj, run=run, limit=limit)


def verify(
    ctx: typer.Context,
    *,
    source: Annotated[str | None, typer.Option(help="Check one source only (default: all).")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Also compare the content of raw files and read every page.")] = False,
) -> None:
    """Compare raw files, ledger, tables and row counts; name each difference and the command that heals it."""
    from offline.lake.verify import verify as find_differences  # noqa: PLC0415

    with working("checking the lake"):
        differences = find_differences(ctx.obj, source=source, deep=deep)
    for remedy, group in groupby(differences, key=lambda difference: difference.remedy):
        out().print(remedy, style="bold", markup=False, soft_wrap=True)
        for one in group:
            out().print(f"  {render.visible(one.place)}: {render.visible(one.problem)}", markup=False, soft_wrap=True)
    if differences:
        number = render.count(len(differences), "difference")
        raise VerificationError(f"{number}. Run the commands above, then `shoplake verify` again.")
    out().print("No differences.")


def quarantine(
    ctx: typer.Context,
    *,
    run: Annotated[str | None, typer.Option(help="Show one run only.")] = None,
    source: Annotated[str | None, typer.Option(help="Show one source only.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Number of sample rows.")] = 10,
) -> None:
    """Show quarantined rows: counts by rule, then samples with file, line and text."""
    from offline.lake.run_history import show_quarantine  # noqa: PLC0415

    show_quarantine(out(), ctx.obj, run=run, source=source, limit=limit)
