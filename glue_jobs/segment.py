"""Customer segments: k-means clusters of customer behavior, named by what distinguishes them.

Runs as a Glue job, or offline with the same arguments; see `--help`. Without `--k`, the number of segments is the one with the
best silhouette. The stability of the segments is measured and published with them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from contracts import load
from contracts.errors import UsageError
from glue_jobs.algorithms.checkpoints import checkpointed
from glue_jobs.algorithms.segmentation.features import customer_features
from glue_jobs.algorithms.segmentation.segments import FEATURES, SCALES, Settings, find_segments, profile
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics

# With fewer customers, segments change with every order.
MIN_CUSTOMERS = 50


def options(arguments: argparse.ArgumentParser) -> None:
    """Arguments of the clustering."""
    add = arguments.add_argument
    defaults = Settings()
    add("--k", type=int, help="number of segments (default: the best silhouette)")
    add("--k_min", type=int, default=defaults.k_min, help="smallest number of segments to try (%(default)s)")
    add("--k_max", type=int, default=defaults.k_max, help="largest number of segments to try (%(default)s)")
    arguments.add_argument(
        "--features", default=",".join(FEATURES), help=f"comma-separated; available: {', '.join(SCALES)} (%(default)s)"
    )
    arguments.add_argument(
        "--min_customers", type=int, default=MIN_CUSTOMERS, help="minimum number of customers for segments (%(default)s)"
    )
    arguments.add_argument(
        "--starts", type=int, default=defaults.starts, help="k-means runs per k; the best one counts (%(default)s)"
    )
    arguments.add_argument(
        "--resamples", type=int, default=defaults.resamples, help="resamples for measuring stability (%(default)s)"
    )
    add("--seed", type=int, default=defaults.seed, help="random seed (%(default)s)")


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """customer_segments and segment_profile of one source; neither if too few known customers bought."""
    settings = _settings(data.options)
    features = customer_features(
        lines=data.tables["fct_order_items"], events=data.tables["events"], products=data.tables["dim_product"]
    )
    features = checkpointed(features)
    if features.count() < data.options.min_customers:
        return {}
    segments = find_segments(features, settings)
    names = F.create_map(*[F.lit(part) for pair in segments.names.items() for part in pair])
    customers = features.join(segments.labels, "customer_id").withColumn("segment_name", names[F.col("segment")])
    customers = of_source(customers, data.source).select(*load("customer_segments").names)
    return {"customer_segments": customers, "segment_profile": of_source(profile(customers, segments), data.source)}


def _settings(options: argparse.Namespace) -> Settings:
    chosen = tuple(name.strip() for name in options.features.split(","))
    unknown = [name for name in chosen if name not in SCALES]
    if unknown:
        raise UsageError(f"--features {options.features}: {unknown[0]} is not a feature; choose from {', '.join(SCALES)}.")
    few = [
        name
        for name in ("k", "k_min", "min_customers", "starts", "resamples")
        if getattr(options, name) is not None and getattr(options, name) < 1
    ]
    if few:
        raise UsageError(f"--{few[0]} {getattr(options, few[0])}: expected 1 or more; fix the argument.")
    if options.k_max < options.k_min:
        raise UsageError(f"--k_max {options.k_max}: expected {options.k_min} (--k_min) or more; fix one of the two.")
    arguments = {name: value for name, value in vars(options).items() if name != "min_customers"}
    return Settings(**{**arguments, "features": chosen})


ANALYSIS = Analysis(
    job="segment",
    compute=compute,
    options=options,
)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Segment one source or all. Returns what was built. Raises LakeError for invalid arguments."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics("segment", main, sys.argv[1:])
