"""What a run did, on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from offline.console import render

if TYPE_CHECKING:
    from glue_jobs.lib.lake.account import TableAccount
    from offline.lake.analyses import AnalysisReport
    from offline.lake.jobs import RunReport
    from offline.twin.run_follower import JobResult

COLUMNS = ("table", "read", "processed", "quarantined", "duplicates", "left out", "seconds")


def show_report(console: Console, report: RunReport) -> None:
    """Per source the account of every table, the marts that were built, then notices and the time."""
    built = {one.source: one for one in report.built}
    for outcome in report.conformed:
        _show_source(console, outcome, built.get(outcome.source))
    for notice in report.notices:
        _bullet(console, notice)
    if report.seconds:
        console.print(f"Done in {report.seconds:.0f} s." if not report.failed else "")


def show_findings(console: Console, findings: AnalysisReport) -> None:
    """Per source and analysis the tables that were made, then notices and the time."""
    for job, done in findings.made:
        tables = ", ".join(f"{account.table} {account.processed:,} rows" for account in done.accounts)
        console.print(f"[bold]{done.source}[/] · {job}: {tables or 'nothing changed since it last ran'}")
    for notice in findings.notices:
        _bullet(console, notice)
    if findings.seconds and not findings.failed:
        console.print(f"Done in {findings.seconds:.0f} s.")


def _show_source(console: Console, outcome: JobResult, built: JobResult | None) -> None:
    if outcome.accounts:
        console.print(f"\n[bold]{outcome.source}[/] [dim]run {outcome.run_id}")
        rows = [_row(account) for account in outcome.accounts]
        console.print(render.table(COLUMNS, rows, right=range(1, 7)))
    else:
        console.print(f"[bold]{outcome.source}[/]: nothing new in raw")
    if built and built.accounts:
        names = ", ".join(account.table for account in built.accounts)
        seconds = sum(account.seconds for account in built.accounts)
        console.print(f"{len(built.accounts)} marts built in {seconds:.0f} s: {names}")
    elif outcome.accounts:
        console.print("No mart reads what changed.")
    for notice in outcome.notices:
        _bullet(console, notice)


def _row(account: TableAccount) -> Sequence[object]:
    return (
        account.table,
        account.read,
        account.processed,
        _or_blank(account.quarantined),
        _or_blank(account.duplicates),
        _or_blank(account.left_out),
        f"{account.seconds:.1f}" if account.seconds else "",
    )


def _or_blank(count: int) -> int | str:
    return count or ""


def _bullet(console: Console, text: str) -> None:
    console.print("• ", end="", style="yellow")
    console.print(render.visible(text), markup=False, soft_wrap=True)


def by_rule(counts: Mapping[str, int]) -> str:
    """`rule 3, other 1`, the most frequent first."""
    return ", ".join(f"{rule} {count:,}" for rule, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
