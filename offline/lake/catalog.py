"""Lists of sources, tables and views, and the details of one of them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from athena_queries.views import View, load_views
from contracts import TABLE_ZONES, Column, Contract, load_all
from contracts.derive import checks
from glue_jobs.lib.source_definition.source_loader import load_source, source_names
from offline.athena import Table, open_lake, tables_of
from offline.console import render
from offline.lake.local_lake import LocalLake
from offline.lake.run_history import report_damage

UNITS = ("B", "kB", "MB", "GB", "TB")


def show_sources(console: Console, lake: LocalLake) -> None:
    """Per source its file kinds, the tables it fills, and what has landed."""
    for name in source_names(lake.sources):
        source = load_source(lake.sources, name)
        console.print(Text.assemble("\n", (name, "bold"), f"  {source.title}"))
        lines = []
        for kind in source.kinds.values():
            landed = [
                file for file in (lake.raw / name / kind.name).rglob("*") if file.is_file() and not file.name.startswith("_")
            ]
            size = sum(file.stat().st_size for file in landed)
            held = f"{len(landed):,} ({human(size)})" if landed else "–"
            lines.append((kind.name, ", ".join(kind.glob), kind.format, kind.load, held))
        console.print(render.table(("file kind", "file name", "format", "load", "landed"), lines))
        console.print(f"fills {', '.join(sorted(source.selects))}")
    console.print("\n[dim]Land files with: shoplake land SOURCE FILE…")


def show_tables(console: Console, lake: LocalLake) -> None:
    """All tables with rows, size and grain, and all views with their purpose."""
    contracts = load_all()
    tables = tables_of(lake.folders, contracts)
    counts = " union all ".join(f"select ? as name, count(*) as n from {key}" for key in tables)
    with open_lake(lake.folders, skip_damaged=True) as queries:
        held = dict(queries.query(counts, list(tables)).rows)
    for zone in TABLE_ZONES:
        listed = [contract for contract in contracts.values() if contract.zone == zone]
        lines = [_line(contract, tables[f"{zone}.{contract.name}"], held[f"{zone}.{contract.name}"]) for contract in listed]
        console.print(render.table((zone, "rows", "size", "grain"), lines, right=(1, 2)))
        console.print()
    views = sorted(load_views().values(), key=lambda view: view.name)
    console.print(render.table(("view", "purpose"), [(Text(view.name, style="bold"), view.purpose) for view in views]))
    console.print("\n[dim]Details: shoplake describe TABLE")
    report_damage(queries.damaged)


def _line(contract: Contract, table: Table, count: int) -> Sequence[object]:
    size = sum(file.stat().st_size for file in table.files())
    return (Text(contract.name, style="bold"), count, human(size) if size else "", contract.grain)


def show_table(console: Console, lake: LocalLake, contract: Contract) -> None:
    """One table's contract, and its row counts per source."""
    console.print(f"{contract.zone}.{contract.name}", style="bold")
    console.print(f"{contract.description}\n", markup=False)
    facts = [
        ("grain", contract.grain),
        ("limits", contract.limitations or "none stated"),
        ("key", ", ".join(contract.key) or "none"),
        ("partitions", ", ".join(contract.partition_columns)),
    ]
    console.print(render.facts(facts))
    console.print()
    console.print(render.table(("column", "type", "null", "meaning"), [_column(column) for column in contract.columns]))
    rules = [(rule.name, rule.severity, rule.description) for rule in checks.rules(contract)]
    console.print()
    if rules:
        console.print(render.table(("rule", "severity", "a good row"), rules))
        console.print()
    with open_lake(lake.folders) as queries:
        timed = "period" in contract.partition_columns
        span = "min(period) as first_period, max(period) as last_period" if timed else "1 as one"
        table = f"{contract.zone}.{contract.name}"
        held = queries.rows(f"select source, count(*) as n, {span} from {table} group by source order by 1")
    if not held:
        console.print("No rows yet.")
    for row in held:
        periods = f", {row['first_period']} to {row['last_period']}" if timed else ""
        console.print(f"{row['source']}: {row['n']:,} rows{periods}", markup=False)


def show_view(console: Console, view: View) -> None:
    """A view's purpose, grain, columns and the tables and views that it reads."""
    console.print(f"curated.{view.name} (view)", style="bold")
    console.print(f"{view.purpose}\n", markup=False)
    console.print(render.facts([("grain", view.grain), ("owner", view.owner), ("reads", ", ".join(sorted(view.reads)))]))
    console.print()
    lines = [(Text(column.name, style="bold"), column.type, column.description) for column in view.columns]
    console.print(render.table(("column", "type", "meaning"), lines))


def _column(column: Column) -> Sequence[object]:
    return (Text(column.name, style="bold"), column.physical_type, "no" if column.required else "", column.description)


def human(size: float) -> str:
    """A number of bytes with a decimal unit: 1.2 MB."""
    for unit in UNITS:
        if size < 1000 or unit == UNITS[-1]:
            return f"{size:,.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError
