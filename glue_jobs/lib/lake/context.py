"""The lake that a job works on: its zones and layout, from the job's arguments."""

from __future__ import annotations

import argparse
from collections import Counter
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
from glue_jobs.lib.lake.java_names import remember_names
from glue_jobs.lib.lake.parallel import STORAGE_THREADS, map_parallel
from glue_jobs.lib.lake.storage import Storage

# A state machine must pass every argument; this stands for one that is missing from its input.
NOT_GIVEN = "-"
# Small enough to keep every core busy on one large file.
SPLIT_BYTES = 48 << 20
# Settings of every job's session; the deployment sets the rest.
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.files.maxPartitionBytes": str(SPLIT_BYTES),
    "spark.sql.parquet.compression.codec": "zstd",
    # Spark's default for instants, INT96, has no statistics to skip row groups by.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Errors of this filter do not name the damaged file; jobs look up no single values.
    "parquet.filter.dictionary.enabled": "false",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    # Objects in S3 have no locality; asking for it costs more than reading a small object.
    "spark.sql.sources.ignoreDataLocality": "true",
    # For an empty step this rule also drops its Observation, and Observation.get would then wait forever.
    "spark.sql.adaptive.optimizer.excludedRules": "org.apache.spark.sql.execution.adaptive.AQEPropagateEmptyRelation",
    # Spark derives conditions from every alias of a plan, in time that grows exponentially with a source's SELECT.
    "spark.sql.constraintPropagation.enabled": "false",
    # Java compiles no longer functions, so what Spark generates for a step must be shorter, or the step is taken in parts.
    "spark.sql.codegen.hugeMethodLimit": "8000",
}

# The driver reads so many footers sooner than it plans a Spark job that reads them.
FOOTERS = 200

# View names are global in a session, but SELECTs planned in parallel need different views of the same name.
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
    # The range of dates in which Athena finds periods; None without a catalog.
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
        remember_names(spark)
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

    def works(self) -> bool:
        """Whether Spark still runs jobs; after an OutOfMemoryError, for example, it may not."""
        try:
            return self.spark.range(1).count() == 1
        except Exception:  # noqa: BLE001 - whatever is wrong, it does not work
            return False

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
        """The result of a SELECT; `inputs` are its tables by name. LakeError names `where` if Spark cannot plan it."""
        with _NAMING:
            for name, frame in inputs.items():
                frame.createOrReplaceTempView(name)
            try:
                return self.spark.sql(sql)
            except (AnalysisException, ParseException) as error:
                raise UsageError(f"{where}: {str(error).strip().splitlines()[0]}") from None

    def read(self, table: str, *, source: str | None = None, periods: Sequence[str] | None = None) -> DataFrame:
        """A table with the columns and types of its contract; empty if nothing was written yet."""
        contract = load(table)
        return read_table(self, contract, self.location(contract), source=source, periods=periods)


def read_table(
    lake: Lake, contract: Contract, location: str, *, source: str | None = None, periods: Sequence[str] | None = None
) -> DataFrame:
    """Parquet in the layout of a contract, at any location: the table's own or a staging folder."""
    schema = struct_type(contract, partitions=True)
    root = f"{location}/source={source}" if source else location
    if not lake.storage.exists(root):
        return empty(lake.spark, schema)
    frame = lake.spark.read.schema(schema).option("basePath", location).parquet(root)
    return frame.where(F.col("period").isin(list(periods))) if periods is not None else frame


def rows_by_partition(lake: Lake, location: str, *, by: str = "period") -> dict[str, int]:
    """Rows of each folder <by>=… below a location with Parquet files, from their footers."""
    files = lake.storage.files(location, pattern="*.parquet")
    if len(files) > FOOTERS:
        counted = lake.spark.read.schema(f"{by} string").parquet(location).groupBy(by).count()
        return {row[by]: row["count"] for row in counted.collect()}
    counts: Counter[str] = Counter()
    for file, rows in zip(
        files, map_parallel((file.uri for file in files), lake.storage.rows, threads=STORAGE_THREADS), strict=True
    ):
        counts[file.folder.removeprefix(f"{by}=")] += rows
    return dict(counts)


def empty(spark: SparkSession, schema: StructType) -> DataFrame:
    """An empty DataFrame with this schema."""
    return spark.range(0).select([F.lit(None).cast(field.dataType).alias(field.name) for field in schema.fields])


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments that all jobs share."""
    arguments = argparse.ArgumentParser(description=description, allow_abbrev=False)
    for zone in Zone:
        arguments.add_argument(f"--{zone}", required=True, help=f"URI of the {zone} zone, such as s3://bucket")
    arguments.add_argument("--partition_grain", choices=sorted(GRAINS), default="month")
    arguments.add_argument("--first_date", help="YYYY-MM-DD; first date of the periods that Athena finds")
    arguments.add_argument("--last_date", help="YYYY-MM-DD; last date of the months that Athena finds")
    arguments.add_argument("--source", help="process one source only; default: all")
    arguments.add_argument("--full", choices=("true", "false"), default="false", help="rebuild everything from raw")
    arguments.add_argument("--sources", help="folder of source folders; default: the packaged ones")
    arguments.add_argument("--marts", help="folder of mart SQL; default: the packaged one")
    arguments.add_argument("--metrics_namespace", help="CloudWatch namespace for the metrics of the run; default: none are sent")
    arguments.add_argument("--metrics_region", help="AWS region of the namespace")
    return arguments


def parse(arguments: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """The job's own arguments; Glue adds others, which are ignored."""
    values = vars(arguments.parse_known_args(list(argv))[0])
    return argparse.Namespace(**{name: None if value == NOT_GIVEN else value for name, value in values.items()})


def _folder(path: str | None, packaged: str) -> Traversable:
    return Path(path) if path else resources.files("glue_jobs") / packaged


def _dates(arguments: argparse.Namespace) -> tuple[date, date] | None:
    if not (arguments.first_date and arguments.last_date):
        return None
    return date.fromisoformat(arguments.first_date), date.fromisoformat(arguments.last_date)
