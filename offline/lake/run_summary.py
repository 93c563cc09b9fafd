"""The result of a run on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from offline.console import render

if TYPE_CHECKING:
    from glue_jobs.lib.lake.account import TableAccount
    from offline.lake.jobs import RunReport
    from offline.twin.run_follower import JobResult

COLUMNS = ("table", "read", "processed", "quarantined", "deduplicated", "filtered", "seconds")


def show_batch(console: Console, report: RunReport) -> None:
    """Per source the row counts of every table and the marts that were built, then notices and the time."""
    marts = {result.source: result for result in report.of("marts")}
    for result in report.of("conform"):
        _show_source(console, result, marts.get(result.source))
    _show_end(console, report)


def show_analyses(console: Console, report: RunReport) -> None:
    """Per source and analysis the tables that were written, then notices and the time."""
    for job, result in report.results:
        tables = ", ".join(f"{account.table} {account.processed:,} rows" for account in result.accounts)
        console.print(f"[bold]{result.source}[/] · {job}: {tables or 'nothing changed since the last run'}")
    _show_end(console, report)


def _show_end(console: Console, report: RunReport) -> None:
    for notice in report.notices:
        _bullet(console, notice)
    if report.seconds and not report.errors:
        console.print(f"Finished in {report.seconds:.0f} s.")


def _show_source(console: Console, result: JobResult, marts: JobResult | None) -> None:
    if result.accounts:
        console.print(f"\n[bold]{result.source}[/] [dim]run {result.run_id}")
        rows = [_row(account) for account in result.accounts]
        console.print(render.table(COLUMNS, rows, right=range(1, 7)))
    else:
        console.print(f"[bold]{result.source}[/]: nothing new in raw")
    if marts and marts.accounts:
        names = ", ".join(account.table for account in marts.accounts)
        console.print(f"{render.count(len(marts.accounts), 'mart')} built: {names}")
    elif result.accounts:
        console.print("No mart reads the tables that changed.")
    for notice in result.notices:
        _bullet(console, notice)


def _row(account: TableAccount) -> Sequence[object]:
    return (
        account.table,
        account.read,
        account.processed,
        account.quarantined or "",
        account.deduplicated or "",
        account.filtered or "",
        f"{account.seconds:.1f}" if account.seconds else "",
    )


def _bullet(console: Console, text: str) -> None:
    console.print("• ", end="", style="yellow")
    console.print(render.visible(text), markup=False, soft_wrap=True)


def by_rule(counts: Mapping[str, int]) -> str:
    """`rule 3, other 1`, most frequent first."""
    return ", ".join(f"{rule} {count:,}" for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
