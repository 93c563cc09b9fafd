"""What `shoplake profile` tells: a table, source by source, or a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts import Contract, load, load_all
from contracts.errors import UsageError
from glue_jobs.algorithms.profiling.drift import read_bins
from glue_jobs.algorithms.profiling.profile import Bin, TableProfile
from glue_jobs.algorithms.profiling.profiler import profiles as profile_views
from offline.athena import AthenaEngine
from offline.lake import run_history
from offline.lake.local_lake import LocalLake
from offline.report.profile import reading
from offline.report.profile.business import Business, business_of

# Tables that tell of visits; the figures of the business belong to these.
OF_VISITS = ("events", "fct_sessions")
LINES_SHOWN = 3


@dataclass(frozen=True)
class Told:
    """The profile of one table of one source, or of a file."""

    name: str
    profile: TableProfile
    business: Business | None = None
    notices: tuple[str, ...] = ()


def profiles(home: LocalLake, what: str, *, source: str | None) -> list[Told]:
    """LakeError when there is neither a table nor a file of this name, or nothing in it."""
    name = what.lower().rpartition(".")[2]
    if what.lower() in (name, f"processed.{name}", f"curated.{name}") and name in load_all():
        return list(_tables(home, load(name), source))
    return [_file(Path(what))]


def _tables(home: LocalLake, contract: Contract, source: str | None) -> Iterator[Told]:
    folder = home.folders[contract.zone] / contract.name
    sources = sorted(path.name.removeprefix("source=") for path in folder.glob("source=*"))
    if source is not None and source not in sources:
        raise UsageError(f"{contract.name}: {source} has no rows in it; those that have: {', '.join(sources) or 'none yet'}.")
    chosen = [source] if source else sources
    if not chosen:
        raise UsageError(f"{contract.name}: it has no rows yet; `shoplake run` makes them.")
    with run_history.engine(home) as athena:
        for one in chosen:
            earlier = _earlier(athena, contract, one)
            with _duck() as engine:
                subjects = reading.of_table(engine, contract, sorted((folder / f"source={one}").rglob("*.parquet")))
                told = profile_views(engine, {"": subjects}, {"": earlier})[""]
            business = business_of(athena, one) if contract.name in OF_VISITS else None
            yield Told(f"{contract.name} · {one}", told, business)


def _file(path: Path) -> Told:
    with _duck() as engine:
        subjects = reading.of_file(engine, path)
        lost = reading.left_out(engine)
        told = profile_views(engine, {"": subjects})[""]
    lines = "; ".join(f"line {line}: {why}" for line, why in lost[:LINES_SHOWN])
    notices = (f"{len(lost):,} lines are no rows and are in no figure ({lines}).",) if lost else ()
    return Told(path.name, told, notices=notices)


def _earlier(athena: AthenaEngine, contract: Contract, source: str) -> dict[str, list[Bin]]:
    """What the job profiling last saw of this table, by column; empty where it never ran."""
    sql = (
        f"select column_name, bins from column_profile where source = {run_history.literal(source)} and is_latest "
        f"and table_name = {run_history.literal(contract.name)}"
    )
    return {row["column_name"]: read_bins(row["bins"]) for row in run_history.rows(athena, sql)}


@contextmanager
def _duck() -> Iterator[reading.DuckEngine]:
    engine = reading.DuckEngine()
    try:
        yield engine
    finally:
        engine.close()
