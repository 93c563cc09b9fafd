"""Run history: row counts per run and table, raw files that were not loaded, and quarantined rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from contracts.errors import UsageError
from offline.athena import damage_sentence, open_lake
from offline.console import render
from offline.console.streams import print_message
from offline.lake.local_lake import LocalLake
from offline.lake.run_summary import COLUMNS, by_rule

MAX_TEXT = 200
ACCOUNT_COLUMNS = (
    "run_id, source, job, table_name, rows_read, rows_processed, rows_quarantined, rows_deduplicated, rows_filtered, "
    "quarantined_by_rule, filtered_by_rule, warnings_by_rule, control_totals, seconds, reason, started_at, finished_at"
)


def show_runs(console: Console, lake: LocalLake, *, run: str | None, limit: int) -> None:
    """The row counts of the most recent runs, oldest first, or of one run; UsageError for an unknown run id."""
    where = (
        "run_id = ?"
        if run
        else f"run_id in (select run_id from processed.etl_runs group by run_id order by run_id desc limit {limit})"
    )
    parameters = [run] if run else []
    with open_lake(lake.folders, skip_damaged=True) as queries:
        accounts = queries.rows(
            f"select {ACCOUNT_COLUMNS} from processed.etl_runs where {where} order by run_id, source, job", parameters
        )
        files = queries.rows(
            f"select run_id, source, file_kind, source_file, status, reason from processed.etl_files where {where} "
            "and (status <> 'loaded' or reason <> '') order by run_id, source, source_file",
            parameters,
        )
    report_damage(queries.damaged)
    if not accounts and run:
        raise UsageError(f"{run}: there is no run with this id; `shoplake runs` lists the most recent ones.")
    if not accounts:
        console.print("No runs yet. Land files with `shoplake land SOURCE FILE…`, then `shoplake run`.")
    for (run_id, source, job), group in groupby(accounts, key=lambda row: (row["run_id"], row["source"], row["job"])):
        notices = [file for file in files if (file["run_id"], file["source"]) == (run_id, source)] if job == "conform" else []
        _show_run(console, list(group), notices, whole=run is not None)


def report_damage(damaged: Mapping[Path, str]) -> None:
    """One message per file that was skipped because it cannot be read."""
    for path, reason in damaged.items():
        print_message(f"Not counted: {damage_sentence(path, reason)}", style="yellow")


def _show_run(console: Console, accounts: Sequence[dict[str, Any]], files: Sequence[dict[str, Any]], *, whole: bool) -> None:
    first = accounts[0]
    started: datetime = first["started_at"]
    seconds = (first["finished_at"] - started).total_seconds()
    title = f"{first['source']} · {first['job']}"
    console.print(f"\n[bold]{title}[/]  {started:%Y-%m-%d %H:%M:%S} UTC, {seconds:.0f} s  [dim]run {first['run_id']}")
    failures, accounts = [row for row in accounts if row["reason"]], [row for row in accounts if not row["reason"]]
    for row in failures:
        console.print(f"• failed: {render.visible(row['reason'])}", markup=False, style="red", soft_wrap=True)
    if not accounts:
        return
    if first["job"] == "marts" and not whole:
        console.print(f"{len(accounts)} marts, {sum(row['rows_processed'] for row in accounts):,} rows")
        return
    console.print(render.table(COLUMNS, [_account(row) for row in accounts], right=range(1, 7)))
    for row in accounts:
        _rules(console, row)
    for file in files:
        console.print(f"• {file['status']}: {render.visible(_file_reason(file))}", markup=False, soft_wrap=True)


def _account(row: dict[str, Any]) -> Sequence[Any]:
    counts = [row[f"rows_{name}"] for name in ("quarantined", "deduplicated", "filtered")]
    seconds = f"{row['seconds']:.1f}" if row["seconds"] else ""
    return (row["table_name"], row["rows_read"], row["rows_processed"], *[count or "" for count in counts], seconds)


def _rules(console: Console, row: dict[str, Any]) -> None:
    for word, column in (
        ("quarantined", "quarantined_by_rule"),
        ("filtered", "filtered_by_rule"),
        ("warnings", "warnings_by_rule"),
    ):
        if row[column]:
            console.print(f"  {row['table_name']}, {word}: {by_rule(row[column])}", markup=False)
    if row["control_totals"]:
        totals = ", ".join(f"{name} {total:,f}".rstrip("0").rstrip(".") for name, total in sorted(row["control_totals"].items()))
        console.print(f"  {row['table_name']}, control totals: {totals}", markup=False)


def show_quarantine(console: Console, lake: LocalLake, *, run: str | None, source: str | None, limit: int) -> None:
    """Counts by source, table and rule, then the most recent rows with file:line, text and rules."""
    filters = {name: value for name, value in (("run_id", run), ("source", source)) if value}
    where = f"where {' and '.join(f'{name} = ?' for name in filters)}" if filters else ""
    parameters = list(filters.values())
    with open_lake(lake.folders, skip_damaged=True) as queries:
        counts = queries.query(
            f"select source, table_name, rule, count(*) as n, max(run_id) as run from processed.quarantine "
            f"cross join unnest(rules) as broken(rule) {where} "
            "group by source, table_name, rule order by source, table_name, n desc, rule",
            parameters,
        )
        total = queries.query(f"select count(*) from processed.quarantine {where}", parameters).rows[0][0]
        samples = queries.rows(
            f"select source, table_name, file_kind, source_file, line_number, substr(raw_text, 1, {MAX_TEXT}) as raw_text, "
            f"length(raw_text) as characters, rules, run_id from processed.quarantine {where} "
            f"order by run_id desc, source_file, line_number limit {limit}",
            parameters,
        )
    report_damage(queries.damaged)
    if not total:
        console.print("No quarantined rows match the filters." if filters else "No rows are in quarantine.")
        return
    console.print(render.table(("source", "table", "rule", "rows", "latest run"), counts.rows, right=[3]))
    console.print(f"{total:,} rows are in quarantine. A row counts once for each rule it broke.\n")
    for row in samples:
        _sample(console, row)
    if samples and total > len(samples):
        console.print(f"[dim]Showing {len(samples)} of {total:,} rows; use --limit for more, `shoplake sql` for all.")


def _sample(console: Console, row: dict[str, Any]) -> None:
    line = f":{row['line_number']}" if row["line_number"] else ""
    place, rules = f"{render.visible(_place(row))}{line}", render.visible(", ".join(row["rules"]))
    console.print(Text.assemble((place, "bold"), "  ", (rules, "yellow")), soft_wrap=True)
    text = row["raw_text"] or ""
    cut = f" … ({row['characters']:,} characters)" if row["characters"] and row["characters"] > MAX_TEXT else ""
    console.print(f"  {render.visible(text)}{cut}", markup=False)


def _file_reason(file: dict[str, Any]) -> str:
    """Why a file was not loaded in full; most reasons start with its name."""
    place, reason = _place(file), file["reason"] or ""
    return reason if place.rpartition("/")[2] in reason else f"{place}: {reason}"


def _place(row: dict[str, Any]) -> str:
    """The object key in raw: source/kind/ingest_date=…/name."""
    file: str = row["source_file"] or ""
    return file.partition("://")[2].partition("/")[2] or file or f"{row['source']}, a derived row"
