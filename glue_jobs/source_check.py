"""Validates a source folder before any run: lists every problem, one sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from contracts import Contract, data_tables, load
from contracts.derive.spark import struct_type
from contracts.document import suggest
from contracts.errors import LakeError
from glue_jobs.lib.conform.parsing import read_records
from glue_jobs.lib.lake.context import SESSION, empty
from glue_jobs.lib.source_definition.naming import name_problem, timezone_problem
from glue_jobs.lib.source_definition.references import build_order, references, unread_kinds
from glue_jobs.lib.source_definition.source import FileKind, LeaveOut, Source
from glue_jobs.lib.source_definition.source_loader import read_source

# Types that can be cast to the contract's type without failing a run.
WIDENING = {"int": ("tinyint", "smallint"), "bigint": ("tinyint", "smallint", "int"), "timestamp": ("date",)}
# What runs write of themselves; no source fills it.
UNKNOWN_TYPE = "void"


def problems_of(spark: SparkSession, folder: Path) -> list[str]:
    """One sentence for each problem of a source folder; [] if it is ready to run.

    SELECTs are planned against the declared columns without any rows, so problems in the data are not found.
    """
    if not folder.is_dir():
        return [f"{folder}: there is no such folder; a source is a folder with a source.yaml and a SELECT per table."]
    source, problems = read_source(folder, folder.resolve().name)
    if source is None:
        return problems
    for key, value in SESSION.items():
        spark.conf.set(key, value)
    check = Check(spark, source, {name: load(name) for name in data_tables()})
    return list(dict.fromkeys([*problems, *check.declarations(), *check.selects()]))


@dataclass
class Check:
    """Checks one source; `contracts` are those of the tables that a source may fill."""

    spark: SparkSession
    source: Source
    contracts: Mapping[str, Contract]
    _planned: dict[str, tuple[DataFrame, list[str]]] = field(default_factory=dict)

    def declarations(self) -> Iterator[str]:
        """Problems of source.yaml beyond its keys."""
        name, where = self.source.name, f"{self.source.name}/source.yaml"
        if problem := name_problem(name):
            yield problem
        if problem := timezone_problem(self.source.timezone):
            yield f"{where}: timezone: {self.source.timezone!r} {problem}"
        kinds = list(self.source.kinds.values())
        for place, kind in enumerate(kinds):
            for other in kinds[place + 1 :]:
                if shared := _shared_name(kind, other):
                    both = f"files.{kind.name} and files.{other.name} both take"
                    yield f"{where}: {both} a file named {shared}; make their globs differ."
            if kind.format == "csv" and kind.decimal == kind.delimiter:
                yield f"{where}: files.{kind.name}: {kind.decimal!r} is both delimiter and decimal mark; change one of them."
            yield from self._formats(kind, f"{where}: files.{kind.name}")

    def _formats(self, kind: FileKind, where: str) -> Iterator[str]:
        for column in kind.columns:
            if column.type in ("timestamp", "date"):
                frame = self.spark.range(1).selectExpr("'' as text")
                for pattern in column.formats:
                    escaped = pattern.replace("'", "\\'")
                    try:
                        if not pattern.startswith("epoch_"):
                            frame.selectExpr(f"try_to_timestamp(text, '{escaped}')").collect()
                    except PySparkException:
                        yield (
                            f"{where}.columns.{column.name}: {pattern!r} is not a valid time pattern; write one such as "
                            "yyyy-MM-dd HH:mm:ss, or epoch_ms."
                        )

    def selects(self) -> Iterator[str]:
        """Problems of the SELECTs: what they read, whether Spark can plan them, what they return."""
        inputs: dict[str, DataFrame] = {}
        for kind in self.source.kinds.values():
            inputs[f"raw_{kind.name}"], problems = self._records(kind)
            yield from problems
        tables = {table: sql for table, sql in self.source.selects.items() if table in self.contracts}
        for table in sorted(self.source.selects.keys() - tables.keys()):
            yield f"{self.source.name}/{table}.sql: {table} is not a table that sources fill; {suggest(table, self.contracts)}"
        inputs |= {table: empty(self.spark, struct_type(self.contracts[table], partitions=True)) for table in tables}
        read: set[str] = set()
        for table, sql in sorted(tables.items()):
            where = f"{self.source.name}/{table}.sql"
            try:
                reads = references(sql, where=where)
            except LakeError as error:
                yield str(error)
                continue
            read |= reads
            unknown = sorted(reads - inputs.keys())
            for name in unknown:
                yield f"{where}: reads {name}, neither a kind of file nor a table of this source; {suggest(name, inputs)}"
            if not unknown:
                yield from self._select(self.contracts[table], sql, inputs, reads, where)
        yield from self._order(tables, read)

    def _order(self, tables: Mapping[str, str], read: set[str]) -> Iterator[str]:
        for kind in self.source.kinds.values():
            if f"raw_{kind.name}" not in read and not kind.records:
                yield f"{self.source.name}/source.yaml: files.{kind.name}: raw_{kind.name} is not read by any SELECT; remove it."
        try:
            build_order(tables, where=self.source.name)
            yield from unread_kinds(self.source)
        except LakeError as error:
            yield str(error)

    def _records(self, kind: FileKind) -> tuple[DataFrame, list[str]]:
        """The kind's records, of which there are none, and what of its own SQL cannot be planned."""
        if kind.name not in self._planned:
            self._planned[kind.name] = self._plan(kind)
        return self._planned[kind.name]

    def _plan(self, kind: FileKind) -> tuple[DataFrame, list[str]]:
        where = f"{self.source.name}/source.yaml: files.{kind.name}"
        problems = []
        try:
            frame = read_records(self.spark, kind, [], timezone=self.source.timezone)
        except PySparkException as error:
            problems.append(f"{where}.unnest: {_reason(error)}")
            frame = read_records(self.spark, _without_sql(kind), [], timezone=self.source.timezone)
        reasons = [_unplanned(rule, frame) for rule in kind.leave_out if not kind.records]
        problems += [f"{where}.leave_out: {reason}" for reason in reasons if reason]
        for name, total in kind.control_totals:
            try:
                frame.observe(Observation(), F.expr(total).alias(name))  # as the run does, which takes no DISTINCT
            except PySparkException as error:
                problems.append(f"{where}.control_totals.{name}: {_reason(error)}")
        return frame, problems

    def _select(
        self, contract: Contract, sql: str, inputs: Mapping[str, DataFrame], reads: frozenset[str], where: str
    ) -> Iterator[str]:
        for name in reads:
            inputs[name].createOrReplaceTempView(name)
        try:
            selected = self.spark.sql(sql)
        except PySparkException as error:
            yield f"{where}: {_reason(error)}"
            return
        types = dict(selected.dtypes)
        yield from self._reads_records(contract, selected, reads, where)
        for column in contract.data_columns:
            actual = types.get(column.name)
            if actual is None:
                yield (
                    f"{where}: does not select {column.name}, a column of the contract of {contract.name}; "
                    f"add it (cast(null as {column.physical_type}) if the source has no such value)."
                )
            elif actual == UNKNOWN_TYPE and column.required:
                yield f"{where}: {column.name} is always null, but the contract of {contract.name} requires it; select its value."
            elif not _fits(actual, column.physical_type):
                yield (
                    f"{where}: selects {column.name} as {actual}, but the contract of {contract.name} has "
                    f"{column.physical_type}; convert it (declare that type for the file's column, or use try_cast)."
                )
        rules = " ".join(rule.where for kind in self.source.filling(contract.name) for rule in kind.leave_out)
        for name in sorted(types.keys() - set(contract.names) - {"_record"} - set(re.findall(r"\w+", rules))):
            hint = suggest(name, [column.name for column in contract.data_columns])
            yield f"{where}: selects {name}, which {contract.name} does not have, so it would be dropped; {hint}"

    def _reads_records(self, contract: Contract, selected: DataFrame, reads: frozenset[str], where: str) -> Iterator[str]:
        """Problems of how a SELECT reads the records that become its rows, and of the rules that leave some out."""
        kinds = self.source.filling(contract.name)
        for kind in kinds:
            if f"raw_{kind.name}" not in reads:
                yield f"{where}: does not read raw_{kind.name}, whose records become its rows; read it, or fix `records`."
            records, _ = self._records(kind)
            for rule in kind.leave_out:
                if (reason := _unplanned(rule, records)) and _unplanned(rule, selected):
                    yield f"{self.source.name}/source.yaml: files.{kind.name}.leave_out: {reason}"
        if kinds and "_record" not in selected.columns:
            yield f"{where}: does not select _record, which locates rejected rows in their file; add it."


def _unplanned(rule: LeaveOut, frame: DataFrame) -> str:
    """Why a rule's condition cannot be computed from a frame; '' if it can."""
    try:
        frame.where(rule.where)
    except PySparkException as error:
        return _reason(error)
    return ""


def _shared_name(kind: FileKind, other: FileKind) -> str | None:
    """A file name that both kinds take, if one of them says it by example."""
    names = [re.sub(r"\[[^]]*\]|[*?]", "x", glob) for one in (kind, other) for glob in one.glob]
    return next((name for name in names if kind.accepts(name) and other.accepts(name)), None)


def _without_sql(kind: FileKind) -> FileKind:
    return FileKind(name=kind.name, glob=kind.glob, columns=kind.columns, format=kind.format, decimal=kind.decimal)


def _fits(actual: str, expected: str) -> bool:
    if actual in (expected, UNKNOWN_TYPE) or expected == "string" or actual in WIDENING.get(expected, ()):
        return True
    if expected.startswith("decimal("):
        return actual.startswith("decimal(") or actual in ("tinyint", "smallint", "int", "bigint")
    return False


def _reason(error: PySparkException) -> str:
    """The first line of Spark's message, without the error class."""
    first = str(error).strip().splitlines()[0]
    return re.sub(r"^\[[A-Z_.]+\]\s*", "", first).rstrip(".;") + "; fix it."
