"""Where the lake is and how it is laid out, as a job's arguments say."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from threading import Lock

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from contracts import Contract, load
from contracts.derive.spark import struct_type
from contracts.errors import UsageError
from contracts.periods import GRAINS
from contracts.zones import Zone
from glue_jobs.lib.lake.storage import Storage

# A state machine must pass every argument; this stands for one that its input did not have.
NOT_GIVEN = "-"
# Small enough to keep every core busy on one large file.
SPLIT_BYTES = 48 << 20
# What every job sets on the session it is given; the rest is the deployment's.
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.files.maxPartitionBytes": str(SPLIT_BYTES),
    "spark.sql.parquet.compression.codec": "snappy",
    # Spark's default for instants, INT96, has no statistics to skip row groups by.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # Objects are near no core in particular; to ask where each is costs more than to read a small one.
    "spark.sql.sources.ignoreDataLocality": "true",
    # Where a step turns out empty this rule drops the counting (observe) with it, and whoever waits for the count waits for ever.
    "spark.sql.adaptive.optimizer.excludedRules": "org.apache.spark.sql.execution.adaptive.AQEPropagateEmptyRelation",
}

# Views have one name in a session, and the same table is another view for each of several SELECTs planned side by side.
_NAMING = Lock()


@dataclass(frozen=True)
class Lake:
    """The zones' URIs, the partition grain of timed tables, and the folders that sources and marts are read from."""

    spark: SparkSession
    raw: str
    processed: str
    curated: str
    grain: str
    sources: Traversable
    marts: Traversable
    # The settings' dates between which Athena looks for periods; without a catalog there are none.
    dates: tuple[date, date] | None = None

    @cached_property
    def storage(self) -> Storage:
        return Storage(self.spark)

    @staticmethod
    def open(arguments: argparse.Namespace) -> Lake:
        """The lake that the arguments name, on the session that runs this process."""
        spark = SparkSession.builder.getOrCreate()
        for key, value in SESSION.items():
            spark.conf.set(key, value)
        return Lake(
            spark=spark,
            raw=arguments.raw,
            processed=arguments.processed,
            curated=arguments.curated,
            grain=arguments.partition_grain,
            sources=_folder(arguments.sources, "sources"),
            marts=_folder(arguments.marts, "marts"),
            dates=_dates(arguments),
        )

    def zone(self, contract: Contract) -> str:
        """The URI of the zone that holds the table."""
        return {Zone.RAW: self.raw, Zone.PROCESSED: self.processed, Zone.CURATED: self.curated}[Zone(contract.zone)]

    def location(self, contract: Contract) -> str:
        """The folder of a table: its partitions lie below as source=…[/period=…]."""
        return f"{self.zone(contract)}/{contract.name}"

    def period(self, instant: str | Column) -> Column:
        """The partition value of an instant."""
        return F.date_format(F.col(instant) if isinstance(instant, str) else instant, GRAINS[self.grain])

    def select(self, sql: str, inputs: Mapping[str, DataFrame], *, where: str) -> DataFrame:
        """A SELECT over frames by the names that it reads; LakeError naming `where` when Spark cannot plan it."""
        with _NAMING:
            for name, frame in inputs.items():
                frame.createOrReplaceTempView(name)
            try:
                return self.spark.sql(sql)
            except (AnalysisException, ParseException) as error:
                raise UsageError(f"{where}: {str(error).strip().splitlines()[0]}") from None

    def read(self, table: str, *, source: str | None = None, periods: Sequence[str] | None = None) -> DataFrame:
        """A table with its contract's columns and types; empty where nothing was written yet."""
        contract = load(table)
        return read_table(self, contract, self.location(contract), source=source, periods=periods)


def read_table(
    lake: Lake, contract: Contract, location: str, *, source: str | None = None, periods: Sequence[str] | None = None
) -> DataFrame:
    """Parquet laid out as a contract says, at any location (its own, or a staging area)."""
    schema = struct_type(contract, partitions=True)
    root = f"{location}/source={source}" if source else location
    if not lake.storage.exists(root):
        return empty(lake.spark, schema)
    frame = lake.spark.read.schema(schema).option("basePath", location).parquet(root)
    return frame.where(F.col("period").isin(list(periods))) if periods is not None else frame


def empty(spark: SparkSession, schema: StructType) -> DataFrame:
    """No rows of a schema."""
    return spark.range(0).select([F.lit(None).cast(field.dataType).alias(field.name) for field in schema.fields])


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments that all jobs share."""
    arguments = argparse.ArgumentParser(description=description, allow_abbrev=False)
    for zone in Zone:
        arguments.add_argument(f"--{zone}", required=True, help=f"URI of the {zone} zone, such as s3://bucket")
    arguments.add_argument("--partition_grain", choices=sorted(GRAINS), default="month")
    arguments.add_argument("--first_date", help="YYYY-MM-DD; Athena looks for no period before it")
    arguments.add_argument("--last_date", help="YYYY-MM-DD; Athena looks for no month after it")
    arguments.add_argument("--source", help="one source only; all of them unless given")
    arguments.add_argument("--full", choices=("true", "false"), default="false", help="rebuild everything from raw")
    arguments.add_argument("--sources", help="folder of source folders, in place of the packaged ones")
    arguments.add_argument("--marts", help="folder of mart SQL, in place of the packaged one")
    return arguments


def parse(arguments: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """Glue adds arguments of its own to those of the job; they are not ours to judge."""
    given = arguments.parse_known_args(list(argv))[0]
    return argparse.Namespace(**{name: None if value == NOT_GIVEN else value for name, value in vars(given).items()})


def _folder(given: str | None, packaged: str) -> Traversable:
    return Path(given) if given else resources.files("glue_jobs") / packaged


def _dates(given: argparse.Namespace) -> tuple[date, date] | None:
    if not (given.first_date and given.last_date):
        return None
    return date.fromisoformat(given.first_date), date.fromisoformat(given.last_date)
