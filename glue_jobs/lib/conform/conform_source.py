"""One conform run of one source, step by step."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import LEDGER_TABLES, Contract, load
from contracts.document import few
from contracts.errors import SourceError, UsageError
from contracts.periods import outside
from contracts.zones import Zone
from glue_jobs.lib.conform.conversion import Converter
from glue_jobs.lib.conform.line_account import count_records
from glue_jobs.lib.conform.plan import LOADED, forgotten, make_plan
from glue_jobs.lib.conform.publishing import publish
from glue_jobs.lib.conform.quarantine import rejected_by_rule
from glue_jobs.lib.conform.raw_text import RawFile
from glue_jobs.lib.conform.run import Run
from glue_jobs.lib.conform.staging import stage
from glue_jobs.lib.conform.unread import unknown_kinds
from glue_jobs.lib.lake import failed_runs, ledger
from glue_jobs.lib.lake.account import TableAccount, reconcile
from glue_jobs.lib.lake.committers import committer
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.lake.contract_changes import contract_changes, sentence
from glue_jobs.lib.lake.damage import repairing
from glue_jobs.lib.lake.former_layout import convert_history, ledger_layout
from glue_jobs.lib.lake.ledger import KnownFile
from glue_jobs.lib.lake.leftovers import leftover_tables
from glue_jobs.lib.lake.parallel import build_all
from glue_jobs.lib.source_definition.references import build_order, unread_kinds
from glue_jobs.lib.source_definition.source import FileKind, Source
from glue_jobs.lib.source_definition.source_loader import load_source

# Raw text expands when it is unpacked; a derived row is a few columns wide. Both only size tasks.
GZIP_RATIO = 6
DERIVED_ROW_BYTES = 16
NAMED = 6  # periods in one sentence


@dataclass(frozen=True)
class ConformResult:
    """What a run did for one source; `accounts` is empty if there was nothing to do. `unread` folders of raw are no source's."""

    source: str
    run_id: str
    accounts: tuple[TableAccount, ...] = ()
    notices: tuple[str, ...] = ()
    unread: int = 0

    @property
    def figures(self) -> dict[str, float]:
        return {"unread": float(self.unread)}


def conform_source(
    lake: Lake,
    name: str,
    *,
    full: bool = False,
    since: str | None = None,
    again: frozenset[str] = frozenset(),
    drop_missing: bool = False,
) -> ConformResult:
    """Processes what is new in a source's raw files. `again` files are processed even if they did not change.

    LakeError if row counts do not add up; the run then commits nothing but the record of its failure.
    """

    def run(rebuild: bool) -> ConformResult:  # noqa: FBT001 - called by `repairing`
        if rebuild and since:
            raise UsageError(f"{name}: the ledger was damaged, so everything must be loaded again; run without --since.")
        with failed_runs.recording_failure(lake, name, job="conform") as run_id:
            options = {"full": full, "drop_missing": drop_missing}
            return _conform(lake, name, run_id, since=since, again=again, rebuild=rebuild, **options)

    return repairing(lake, name, tables=LEDGER_TABLES, run=run)


def _conform(  # noqa: PLR0913 - the options of a run
    lake: Lake,
    name: str,
    run_id: str,
    *,
    full: bool,
    since: str | None,
    again: frozenset[str],
    drop_missing: bool,
    rebuild: bool,
) -> ConformResult:
    source = load_source(lake.sources, name)
    for problem in unread_kinds(source):
        raise SourceError(problem)
    code = source_fingerprint(source, lake.grain)
    convert_history(lake, name, run_id, all_files=full)
    known = forgotten(ledger.known_files(lake, name)) if rebuild else ledger.known_files(lake, name)
    converter = Converter(lake, source, committer(lake, Zone.PROCESSED, job="conform").staging(run_id))
    options = {"full": full, "drop_missing": drop_missing}
    plan = make_plan(lake, source, known, converter=converter, fingerprint=code, since=since, again=again, **options)
    run = Run(lake=lake, source=source, plan=plan, converter=converter, fingerprint=code, run_id=run_id, known=frozenset(known))
    leftovers = leftover_tables(lake, lake.processed, name, tables={*LEDGER_TABLES, *source.selects})
    unread = list(unknown_kinds(lake.raw, lake.storage.folders(f"{lake.raw}/{name}"), source))
    notices = [*ledger.clock_notices(run_id), *plan.notices, *leftovers, *unread]
    if plan.is_empty:
        return ConformResult(source=name, run_id=run.run_id, notices=tuple(notices), unread=len(unread))
    notices = [*([] if full or rebuild else _rebuilds(run, known.values())), *notices]
    run.scope = None if plan.rebuild else _scope(run)
    # Lines are counted in parallel with the tables: either alone leaves cores idle.
    counted = {f"lines of {kind.name}": kind for kind in source.kinds.values()}
    order = build_order(source.selects, where=name)
    order += [(lines, frozenset({kind.records} if kind.records else ())) for lines, kind in counted.items()]

    def make(name: str, reads: frozenset[str]) -> list[TableAccount]:
        return count_records(run, counted[name]) if name in counted else _stage_table(run, load(name), reads)

    run.accounts = build_all(lake.spark.sparkContext, order, make)
    publish(run)
    reasons = [f"{file.status}: {file.reason}" for file in plan.processed if file.reason]
    hidden = [
        sentence for table, staged in run.staged.items() for sentence in hidden_periods(lake, f"{name}.{table}", staged.periods)
    ]
    return ConformResult(name, run.run_id, tuple(run.accounts), (*notices, *run.notices, *reasons, *hidden), unread=len(unread))


def source_fingerprint(source: Source, grain: str) -> str:
    """Changes with the source, the contracts of its tables, the grain and the layout of the ledger."""
    return source.fingerprint(grain, *[repr(load(table)) for table in sorted(source.selects)], *ledger_layout())


def _rebuilds(run: Run, known: Iterable[KnownFile]) -> list[str]:
    """Why files that were loaded before are loaded again, in one sentence."""
    if not any(file.status == LOADED and file.fingerprint != run.fingerprint for file in known):
        return []
    newest = ledger.newest_runs(run.lake, run.source.name)
    changes = contract_changes(newest, job="conform", tables=(*LEDGER_TABLES, *sorted(run.source.selects)))
    return [sentence(changes, consequence="rebuilding everything from raw")]


def hidden_periods(lake: Lake, table: str, periods: Sequence[str]) -> Iterator[str]:
    """A sentence about the periods just written that Athena does not find; see docs/decisions/0004."""
    if lake.dates is None:
        return
    first, last = lake.dates
    until, remedy = f"{last}", "set first_date and last_date wide enough and deploy"
    if lake.grain == "day":
        last = datetime.now(UTC).date() + timedelta(days=1)
        until, remedy = "tomorrow", "set first_date early enough and deploy; wait for a future day to arrive"
    if hidden := outside(periods, first=first, last=last):
        yield (
            f"{table}: data of {few(hidden, NAMED)} is written, but Athena finds periods from {first} to {until} "
            f"only; {remedy}, or fix the times in the source."
        )


def _scope(run: Run) -> list[str]:
    """The periods that the new files touch, or touched when they were processed before."""
    periods = {part.rsplit("/", 1)[1] for part in run.plan.former_partitions}
    for table, reads in build_order(run.source.selects, where=run.source.name):
        kinds = run.source.filling(table)
        if not any(run.plan.loaded(kind.name) for kind in kinds):
            continue
        inputs = {name: run.lake.read(name, source=run.source.name) for name in reads if name in run.source.selects}
        inputs |= {f"raw_{other.name}": _lookup(run, other) for other in run.lookups(table, reads)}
        inputs |= {f"raw_{kind.name}": _records(run, kind, run.plan.loaded(kind.name)) for kind in kinds}
        rows = run.transformer.checked(load(table), inputs)
        periods |= {row.period for row in periods_of(rows).collect()}
    return sorted(periods - {None})


def periods_of(checked: DataFrame) -> DataFrame:
    """period: the periods of the good rows of `RecordTransformer.checked`, and null.

    As a filter, the condition would be pushed below the SELECT, with the text of each column in place of its name, and Spark
    would optimize that for longer than it reads the files.
    """
    return checked.select(F.when(F.col("_record.broken").isNull(), F.col("period")).alias("period")).distinct()


def _stage_table(run: Run, contract: Contract, reads: frozenset[str]) -> list[TableAccount]:
    kinds = run.source.filling(contract.name)
    inputs = {name: run.table(name) for name in reads if name in run.source.selects}
    lookups = run.lookups(contract.name, reads)
    inputs |= {f"raw_{other.name}": _lookup(run, other) for other in lookups}
    clock = time.monotonic()
    if not kinds:
        size = DERIVED_ROW_BYTES * sum(run.staged[name].processed for name in inputs if name in run.staged)
        size += sum(_size(run, run.all_files(other)) for other in lookups)
        checked = run.transformer.checked(contract, inputs)
        if lookups and run.scope is not None:
            checked = checked.where(F.col("period").isin(run.scope))  # a lookup covers all periods
        return [_stage(run, contract, checked, size=size, new_files=None, clock=clock)]
    files = {kind: run.files(kind) for kind in kinds}
    if not any(files.values()):
        emptied = sorted(run.former(contract.name))
        return [TableAccount(contract.name, 0, 0, partitions=emptied)] if emptied else []
    for kind in kinds:
        inputs[f"raw_{kind.name}"] = _controlled(run, kind, files[kind])
    new_files = None if run.scope is None else [uri for kind in kinds for uri in run.new_uris(kind)]
    checked = run.transformer.checked(contract, inputs)
    size = sum(_size(run, some) for some in files.values())
    return [_stage(run, contract, checked, size=size, new_files=new_files, clock=clock)]


def _controlled(run: Run, kind: FileKind, files: Sequence[RawFile]) -> DataFrame:
    """The records of a kind, whose counts the run then knows."""
    if not files:
        return _records(run, kind, [])
    files, run.places[kind.name] = run.survey(kind, files)
    records, run.controls[kind.name] = run.transformer.controlled(kind, files, new=run.new_uris(kind))
    return records


def _lookup(run: Run, kind: FileKind) -> DataFrame:
    """All records of a kind that could be read."""
    return _records(run, kind, run.all_files(kind)).where("_record.broken is null")


def _records(run: Run, kind: FileKind, files: Sequence[RawFile]) -> DataFrame:
    return run.transformer.records(kind, run.survey(kind, files)[0] if files else [])


def _stage(
    run: Run, contract: Contract, checked: DataFrame, *, size: int, new_files: Sequence[str] | None, clock: float
) -> TableAccount:
    staged = stage(
        run.lake,
        contract,
        checked,
        source=run.source.name,
        location=f"{run.staging}/{contract.name}",
        input_bytes=size,
        new_files=new_files,
        scope=run.scope,
        kinds=[kind.name for kind in run.source.filling(contract.name)],
    )
    run.staged[contract.name] = staged
    account = TableAccount(
        table=contract.name,
        read=staged.read,
        processed=staged.processed,
        quarantined=staged.rejected,
        deduplicated=staged.duplicates,
        filtered_by_rule=staged.filtered,
        quarantined_by_rule=rejected_by_rule(run.lake, staged, source=run.source.name),
        warnings_by_rule=staged.warnings,
        # Marts must also follow where a partition lost all its rows.
        partitions=sorted(
            {f"{contract.name}/{period}" for period in staged.periods} | run.former(contract.name) | run.existing(contract)
        ),
        seconds=time.monotonic() - clock,
    )
    return reconcile(account, source=run.source.name)


def _size(run: Run, files: Sequence[RawFile]) -> int:
    sizes, packed = run.plan.sizes(), {file.uri for file in files if file.text or file.uri.endswith(".gz")}
    return sum(sizes[uri] * (GZIP_RATIO if uri in packed else 1) for uri in {file.uri for file in files})
