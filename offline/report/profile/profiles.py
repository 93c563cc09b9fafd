"""The profiles that `shoplake profile` shows: of a table, one per source, or of a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts import Contract, load, load_all
from contracts.errors import UsageError
from glue_jobs.algorithms.profiling.drift import decode_bins
from glue_jobs.algorithms.profiling.profile import Bin, TableProfile
from glue_jobs.algorithms.profiling.profiler import profile_tables as compute_profiles
from offline.athena import LakeQueries, named_errors, open_lake
from offline.lake.local_lake import LocalLake
from offline.report.profile import duckdb_tables
from offline.report.profile.session_metrics import SessionMetrics, session_metrics

# Tables about sessions; their profiles come with the funnel.
SESSION_TABLES = ("events", "fct_sessions")
MAX_LINES = 3


@dataclass(frozen=True)
class NamedProfile:
    """The profile of one table of one source, or of a file."""

    name: str
    profile: TableProfile
    sessions: SessionMetrics | None = None
    warnings: tuple[str, ...] = ()


def profiles(lake: LocalLake, target: str, *, source: str | None) -> list[NamedProfile]:
    """Profile the table or file `target`; UsageError if there is neither, or if it is empty."""
    name = target.lower().rpartition(".")[2]
    if target.lower() in (name, f"processed.{name}", f"curated.{name}") and name in load_all():
        return list(_tables(lake, load(name), source))
    return [_file(Path(target))]


def _tables(lake: LocalLake, contract: Contract, source: str | None) -> Iterator[NamedProfile]:
    folder = lake.folders[contract.zone] / contract.name
    sources = sorted(path.name.removeprefix("source=") for path in folder.glob("source=*"))
    if source is not None and source not in sources:
        raise UsageError(f"{contract.name}: no rows of {source}; sources with rows: {', '.join(sources) or 'none yet'}.")
    selected = [source] if source else sources
    if not selected:
        raise UsageError(f"{contract.name}: no rows yet; `shoplake run` builds it.")
    with open_lake(lake.folders) as queries:
        for name in selected:
            previous = _previous_bins(queries, contract, name)
            files = sorted((folder / f"source={name}").rglob("*.parquet"))
            with _duckdb() as engine, named_errors(files):
                subjects = duckdb_tables.load_table(engine, contract, files)
                profile = compute_profiles(engine, {"": subjects}, {"": previous})[""]
            sessions = session_metrics(queries, name) if contract.name in SESSION_TABLES else None
            yield NamedProfile(f"{contract.name} · {name}", profile, sessions)


def _file(path: Path) -> NamedProfile:
    with _duckdb() as engine, named_errors(()):
        subjects = duckdb_tables.load_file(engine, path)
        rejected = duckdb_tables.rejected_lines(engine)
        profile = compute_profiles(engine, {"": subjects})[""]
    lines = "; ".join(f"line {line}: {reason}" for line, reason in rejected[:MAX_LINES])
    warnings = (f"{len(rejected):,} lines could not be read and are not counted ({lines}).",) if rejected else ()
    return NamedProfile(path.name, profile, warnings=warnings)


def _previous_bins(queries: LakeQueries, contract: Contract, source: str) -> dict[str, list[Bin]]:
    """The bins of the most recent run of the profiling job, by column; empty if it never ran."""
    rows = queries.view("column_quality", source=source, table_name=contract.name)
    return {row["column_name"]: decode_bins(row["bins"]) for row in rows}


@contextmanager
def _duckdb() -> Iterator[duckdb_tables.DuckEngine]:
    engine = duckdb_tables.DuckEngine()
    try:
        yield engine
    finally:
        engine.close()
