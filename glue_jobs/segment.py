"""Customer segments: k-means clusters of customer behavior, named by what distinguishes them.

Runs as a Glue job, or offline with the same arguments; see `--help`. Without `--k`, the number of segments is the one with the
best silhouette. Segments that resamples of the customers do not find again are not published, and where customers form no groups
beyond frequent and rare, the run says so.
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
from glue_jobs.algorithms.engagement import engagement, known_events
from glue_jobs.algorithms.segmentation.features import customer_features
from glue_jobs.algorithms.segmentation.null_clouds import GROUPS
from glue_jobs.algorithms.segmentation.profile import profile
from glue_jobs.algorithms.segmentation.segments import FEATURES, SCALES, Segments, Settings, find_segments
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics

# With fewer customers, segments change with every order.
MIN_CUSTOMERS = 50
# Below it, resamples of the same customers disagree on where more than every third one belongs.
MIN_STABILITY = 0.6


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
    add(
        "--min_stability",
        type=float,
        default=MIN_STABILITY,
        help="do not publish segments with a lower mean adjusted Rand index over the resamples (%(default)s)",
    )
    add("--seed", type=int, default=defaults.seed, help="random seed (%(default)s)")


def compute(data: AnalysisInput) -> Mapping[str, DataFrame]:
    """customer_segments and segment_profile of one source; neither with too few customers or unstable segments."""
    settings = _settings(data.options)
    events = known_events(data.tables["events"], data.tables["dim_date"])
    features = customer_features(lines=data.tables["fct_order_items"], events=events, products=data.tables["dim_product"])
    features = checkpointed(features)
    if features.count() < data.options.min_customers:
        return {}
    segments = find_segments(features, settings)
    stable = segments.stability is None or segments.stability >= data.options.min_stability
    data.notices.extend(filter(None, [_notice(segments, data.options.min_stability, stable=stable)]))
    if not stable:
        return {}
    names = F.create_map(*[F.lit(part) for pair in segments.names.items() for part in pair])
    customers = features.join(segments.labels, "customer_id").withColumn("segment_name", names[F.col("segment")])
    customers = customers.join(engagement(data.tables["fct_sessions"]), "customer_id", "left")
    customers = of_source(customers, data.source).select(*load("customer_segments").names)
    return {"customer_segments": customers, "segment_profile": of_source(profile(customers, segments), data.source)}


def _notice(segments: Segments, min_stability: float, *, stable: bool) -> str:
    """What users must know about the segments; '' if all is well."""
    if not stable:
        return (
            f"{len(segments.names)} segments are not published: resamples of the customers find others (stability "
            f"{segments.stability:.2f}, below {min_stability:g}); try another --k, or lower --min_stability."
        )
    if segments.finding == GROUPS or segments.silhouette is None:
        return ""
    return "the customers form no groups beyond frequent and rare; the segments divide a continuum, so choose --k by use."


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
    if not -1 <= options.min_stability <= 1:
        raise UsageError(f"--min_stability {options.min_stability}: expected a number from -1 to 1; fix the argument.")
    if options.k_max < options.k_min:
        raise UsageError(f"--k_max {options.k_max}: expected {options.k_min} (--k_min) or more; fix one of the two.")
    arguments = {name: value for name, value in vars(options).items() if name not in ("min_customers", "min_stability")}
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
