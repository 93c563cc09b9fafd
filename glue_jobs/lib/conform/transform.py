"""Turns raw records into rows of a canonical table with the source's SELECT, and checks every row against the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, Observation, Window
from pyspark.sql import functions as F

from contracts import Contract
from contracts.errors import SourceError
from glue_jobs.lib.conform import checks
from glue_jobs.lib.conform.parsing import DOUBTFUL, SUSPICIONS, read_records
from glue_jobs.lib.conform.raw_text import RawFile
from glue_jobs.lib.conform.staging import LEFT_OUT
from glue_jobs.lib.conform.suspicions import suspicions
from glue_jobs.lib.conform.values import quoted
from glue_jobs.lib.lake.context import Lake
from glue_jobs.lib.source_definition.source import INGEST_DATE, SUPERSEDED, FileKind, LeaveOut, Source

# The location of a row that is derived from other rows.
NOWHERE = {"file": "string", "block": "bigint", "row": "bigint", "item": "bigint"}

UNNESTED = "unnested records"
SUSPICIOUS = "suspicious records"


@dataclass(frozen=True)
class Control:
    """Counts over the new records of a kind: those filtered by rule, and the source's control totals.

    `unnested` counts the additional records that the kind's `unnest` made from one line or element. `broken` counts the records
    of a lookup that could not be read, by their first broken rule; `doubts` what is suspicious.
    """

    filtered: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    unnested: int = 0
    broken: Mapping[str, int] = field(default_factory=dict)
    doubts: Mapping[str, int] = field(default_factory=dict)


def can_plan(frame: DataFrame, condition: str) -> bool:
    """Whether a condition can be computed from the columns of a frame."""
    try:
        frame.where(condition)
    except AnalysisException:
        return False
    return True


def _doubts(records: DataFrame) -> dict[str, int]:
    """How many records are suspicious, by what is suspicious in them."""
    names = records.select(F.explode(SUSPICIONS).alias("name"))
    return {row["name"]: row["count"] for row in names.groupBy("name").count().collect()}


@dataclass(frozen=True)
class RecordTransformer:
    """Reads and transforms the records of one source."""

    lake: Lake
    source: Source

    def records(self, kind: FileKind, files: Sequence[RawFile]) -> DataFrame:
        """The records of a kind, without those that a rule of the source filters."""
        return self._records(kind, files).where("_left_out is null").drop("_left_out", DOUBTFUL, SUSPICIONS)

    def controlled(
        self, kind: FileKind, files: Sequence[RawFile], *, new: Sequence[str]
    ) -> tuple[DataFrame, Callable[[int], Control]]:
        """`records` with counters; the second value returns the counts after the records were written.

        Its argument is the number of rows that came out. Without any, Spark may have dropped the observation together with a plan
        that it knows to be empty, and waiting for it would never end.
        """
        records, seen = self._records(kind, files), Observation()
        is_new = F.col("_record.file").isin(list(new))
        counts = [F.count_if(is_new & (F.col("_left_out") == rule)).alias(rule) for rule in kind.left_out_by]
        if kind.unnest:
            counts.append(F.count_if(is_new & (F.col("_record.item") > 0)).alias(UNNESTED))
        doubtful = is_new & F.col(DOUBTFUL)
        counts += [F.count_if(doubtful).alias(SUSPICIOUS)] if suspicions(kind, kind.columns) else []
        totals = [F.expr(total).cast("decimal(38,4)").alias(f"total {name}") for name, total in kind.control_totals]
        aggregates = counts + (totals if len(files) == len(new) else [])
        observed = records.observe(seen, *aggregates) if aggregates else records

        def control(rows: int) -> Control:
            values = {}
            if aggregates:
                values = seen.get if rows else records.agg(*aggregates).collect()[0].asDict()
            if len(files) != len(new) and totals:
                fresh = self._records(kind, [file for file in files if file.uri in new])
                values = {**values, **fresh.agg(*totals).collect()[0].asDict()}
            return Control(
                filtered={rule: values[rule] for rule in kind.left_out_by if values[rule]},
                totals={name: values[f"total {name}"] or Decimal(0) for name, _ in kind.control_totals},
                unnested=values.get(UNNESTED, 0),
                # Few records are suspicious, so they are counted by name in a pass of their own, if there are any.
                doubts=_doubts(records.where(doubtful)) if values.get(SUSPICIOUS) else {},
            )

        return observed.where("_left_out is null").drop("_left_out", DOUBTFUL, SUSPICIONS), control

    def looked_up(self, kind: FileKind, files: Sequence[RawFile]) -> tuple[DataFrame | None, Control, int]:
        """The records of a lookup that could not be read (None if there are none), the counts, and the number of the others."""
        records, control = self.controlled(kind, files, new=[file.uri for file in files])
        broken = F.try_element_at("_record.broken", F.lit(1)).alias("rule")
        counts = {row.rule: row["count"] for row in records.select(broken).groupBy("rule").count().collect()}
        good = counts.pop(None, 0)
        rejects = records.where("_record.broken is not null").select("_record.*") if counts else None
        return rejects, replace(control(good + sum(counts.values())), broken=counts), good

    def _records(self, kind: FileKind, files: Sequence[RawFile]) -> DataFrame:
        records = read_records(self.lake.spark, kind, files, timezone=self.source.timezone)
        unbroken = F.col("_record.broken").isNull()
        rule = F.lit(None).cast("string")
        if kind.newest:
            versions = Window.partitionBy(*[quoted(name) for name in kind.newest.of])
            by = F.col("_record.delivered" if kind.newest.by == INGEST_DATE else quoted(kind.newest.by))
            rule = F.when(by < F.max(F.when(unbroken, by)).over(versions), F.lit(SUPERSEDED))
        for left_out in reversed(kind.leave_out):
            if can_plan(records, left_out.where):
                rule = F.when(F.expr(left_out.where), F.lit(left_out.rule)).otherwise(rule)
        return records.withColumn("_left_out", F.when(unbroken, rule))

    def checked(self, contract: Contract, inputs: Mapping[str, DataFrame]) -> DataFrame:
        """The table's SELECT over its inputs (by the names it reads), each row with `period` and `_record.broken`."""
        where = f"{self.source.name}/{contract.name}.sql"
        transformed = self.lake.select(self.source.selects[contract.name], inputs, where=where)
        missing = [column.name for column in contract.data_columns if column.name not in transformed.columns]
        if missing:
            raise SourceError(
                f"{where}: does not select {', '.join(missing)}, part of the contract of {contract.name}; "
                "add them (cast(null as …) if the source has no such value)."
            )
        rules = [rule for kind in self.source.filling(contract.name) for rule in self._after_select(kind)]
        return self._with_rules_of_select(self._with_broken_rules(contract, transformed), rules, where)

    def _after_select(self, kind: FileKind) -> list[LeaveOut]:
        """The rules whose condition needs more than the record: columns that the SELECT looks up."""
        records = read_records(self.lake.spark, kind, [], timezone=self.source.timezone) if kind.leave_out else None
        return [rule for rule in kind.leave_out if records is not None and not can_plan(records, rule.where)]

    def _with_rules_of_select(self, rows: DataFrame, rules: Sequence[LeaveOut], where: str) -> DataFrame:
        """Adds the rule that filters a row, if there are such rules; a row that breaks a rule of the contract is not filtered."""
        if not rules:
            return rows
        rule = F.lit(None).cast("string")
        for left_out in reversed(rules):
            if not can_plan(rows, left_out.where):
                raise SourceError(
                    f"{self.source.name}/source.yaml: leave_out[{left_out.rule}].where: {left_out.where!r} cannot be computed, "
                    f"neither from the columns of the file nor from those that {where} selects; add the column, or fix it."
                )
            rule = F.when(F.expr(left_out.where), F.lit(left_out.rule)).otherwise(rule)
        names = sorted({left_out.rule for left_out in rules})
        return rows.withColumn(
            LEFT_OUT, F.when(F.col("_record.broken").isNull(), rule).alias(LEFT_OUT, metadata={"rules": names})
        )

    def _with_broken_rules(self, contract: Contract, transformed: DataFrame) -> DataFrame:
        """Adds the broken rules of each row. A record that could not be parsed is not checked any further."""
        broken, added = checks.broken(contract), {}
        if "period" not in transformed.columns and contract.time_column:
            added["period"] = self.lake.period(contract.time_column)
        if "_record" in transformed.columns:
            record = F.col("_record").withField("broken", F.coalesce(F.col("_record.broken"), broken))
        else:
            nowhere = [F.lit(None).cast(kind).alias(name) for name, kind in NOWHERE.items()]
            raw = F.when(broken.isNotNull(), F.to_json(F.struct(*transformed.columns)))
            delivered = F.lit(0).cast("bigint").alias("delivered")
            record = F.struct(*nowhere, raw.alias("raw"), broken.alias("broken"), delivered)
        return transformed.withColumns({**added, "_record": record})
