"""Queries name a damaged file or the memory limit with the remedy; lists skip what cannot be read and report it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from contracts.errors import PlatformError, UsageError
from offline.athena import open_lake
from offline.athena.engine import AthenaEngine
from offline.lake.catalog import show_tables
from offline.lake.local_lake import LocalLake
from offline.lake.run_history import show_runs
from offline.report.profile.profiles import profiles
from offline.twin.record import Record
from tests.support.faults import DAMAGES
from tests.support.tables import write_rows

ZONES = ("raw", "processed", "curated")
RUN = {"job": "conform", "table_name": "events", "status": "succeeded", "rows_read": 2, "rows_processed": 2}
RUN |= {"started_at": "2026-01-01 10:00:00", "finished_at": "2026-01-01 10:00:01", "seconds": 1.0}


@pytest.fixture
def lake(tmp_path: Path) -> LocalLake:
    """Two sources with an event and a run each."""
    Record("", {zone: zone for zone in ZONES}, {}).write(tmp_path)
    lake = LocalLake(tmp_path)
    for source in ("good", "bad"):
        write_rows(lake.folders, "events", [{"event_id": str(number) * 200} for number in range(500)], source=source)
        write_rows(lake.folders, "etl_runs", [RUN | {"run_id": f"run-of-{source}"}], source=source)
    return lake


def file_of(lake: LocalLake, table: str) -> Path:
    return next((lake.folders["processed"] / table / "source=bad").rglob("*.parquet"))


@pytest.mark.parametrize("damage", ["no magic", "truncated", "empty", "damaged page"])
def test_a_query_names_the_damaged_file_and_the_command(lake: LocalLake, damage: str) -> None:
    file = file_of(lake, "events")
    DAMAGES[damage](file)
    with open_lake(lake.folders) as queries, pytest.raises(PlatformError) as failure:
        queries.query("select max(event_id) from events")
    assert str(failure.value).startswith(f"{file}: ")
    assert str(failure.value).endswith("; run `shoplake run --full`, which replaces it.")


def test_other_errors_are_not_blamed_on_files(lake: LocalLake) -> None:
    DAMAGES["no magic"](file_of(lake, "events"))
    with open_lake(lake.folders) as queries, pytest.raises(UsageError, match="Division by zero"):
        queries.query("select 1 / 0 from etl_runs")


@pytest.mark.parametrize("table", ["etl_runs", pytest.param("events", marks=pytest.mark.full)])
def test_lists_skip_a_damaged_file_and_report_it(lake: LocalLake, table: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = file_of(lake, table)
    DAMAGES["truncated"](file)
    console = Console(width=200, record=True)
    show_tables(console, lake)
    assert capsys.readouterr().err.replace("\n", "").startswith(f"Not counted: {file}: this Parquet file is damaged (")
    show_runs(console, lake, run=None, limit=10)
    assert ("run-of-bad" in console.export_text()) == (table == "events")


def test_a_profile_names_the_damaged_file(lake: LocalLake) -> None:
    DAMAGES["no magic"](file_of(lake, "events"))
    with pytest.raises(PlatformError, match=r"source=bad/.*this Parquet file is damaged .* run `shoplake run --full`"):
        profiles(lake, "events", source="bad")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda limit: monkeypatch.setenv("SHOPLAKE_QUERY_MEMORY", limit)


def test_a_query_out_of_memory_names_the_option(memory: Callable[[str], None]) -> None:
    memory("20MB")
    engine = AthenaEngine({})
    with pytest.raises(PlatformError, match=r"The query ran out of memory \(.*used\): .*SHOPLAKE_QUERY_MEMORY=8GB"):
        engine.query("select array_agg(distinct a * b) from unnest(sequence(1, 3000)) as t(a), unnest(sequence(1, 3000)) as u(b)")
    engine.close()


def test_a_memory_limit_that_is_none_is_refused(memory: Callable[[str], None]) -> None:
    memory("plenty")
    with pytest.raises(UsageError, match="plenty: expected an amount of memory such as 8GB"):
        AthenaEngine({})
