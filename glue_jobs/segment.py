"""Customer segments: groups found by k-means in what customers do, named by what distinguishes them.

Run as a Glue job, or offline with the same arguments; see `--help`. The number of groups is the one with the best silhouette
unless it is given, and how stable they are is measured and told with them.
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
from glue_jobs.algorithms.segmentation.segments import FEATURES, SCALES, Settings, find, profile
from glue_jobs.lib.curated.analysis import Analysis, AnalysisInput, of_source, perform
from glue_jobs.lib.curated.table_writer import BuildResult
from glue_jobs.lib.lake.job_metrics import emit_metrics

# Groups of fewer customers change with every order.
LEAST = 50


def options(arguments: argparse.ArgumentParser) -> None:
    """What the segments are found by."""
    usual = Settings()
    arguments.add_argument("--k", type=int, help="number of segments; the best silhouette's unless given")
    arguments.add_argument("--k_min", type=int, default=usual.k_min, help="fewest segments that are tried (%(default)s)")
    arguments.add_argument("--k_max", type=int, default=usual.k_max, help="most segments that are tried (%(default)s)")
    arguments.add_argument("--features", default=",".join(FEATURES), help=f"some of {', '.join(SCALES)} (%(default)s)")
    arguments.add_argument("--least", type=int, default=LEAST, help="customers below whom there are no segments (%(default)s)")
    arguments.add_argument("--starts", type=int, default=usual.starts, help="k-means begun anew this often (%(default)s)")
    arguments.add_argument("--resamples", type=int, default=usual.resamples, help="to judge stability by (%(default)s)")
    arguments.add_argument("--seed", type=int, default=usual.seed, help="of all that is drawn (%(default)s)")


def compute(given: AnalysisInput) -> Mapping[str, DataFrame]:
    """customer_segments and segment_profile of one source; neither for a source in which too few known customers bought."""
    settings = _settings(given.options)
    features = customer_features(
        lines=given.tables["fct_order_items"], events=given.tables["events"], products=given.tables["dim_product"]
    )
    features = checkpointed(features)
    if features.count() < given.options.least:
        return {}
    segments = find(features, settings)
    named = F.create_map(*[F.lit(part) for pair in segments.names.items() for part in pair])
    customers = features.join(segments.labels, "customer_id").withColumn("segment_name", named[F.col("segment")])
    customers = of_source(customers, given.source).select(*load("customer_segments").names)
    return {"customer_segments": customers, "segment_profile": of_source(profile(customers, segments), given.source)}


def _settings(options: argparse.Namespace) -> Settings:
    chosen = tuple(name.strip() for name in options.features.split(","))
    unknown = [name for name in chosen if name not in SCALES]
    if unknown:
        raise UsageError(f"--features {options.features}: {unknown[0]} is no feature; choose of {', '.join(SCALES)}.")
    few = [
        name
        for name in ("k", "k_min", "least", "starts", "resamples")
        if getattr(options, name) is not None and getattr(options, name) < 1
    ]
    if few:
        raise UsageError(f"--{few[0]} {getattr(options, few[0])}: expected 1 or more; mend the argument.")
    if options.k_max < options.k_min:
        raise UsageError(f"--k_max {options.k_max}: expected {options.k_min} (--k_min) or more; mend one of the two.")
    given = {name: value for name, value in vars(options).items() if name != "least"}
    return Settings(**{**given, "features": chosen})


ANALYSIS = Analysis(
    job="segment",
    compute=compute,
    options=options,
)


def main(argv: Sequence[str]) -> list[BuildResult]:
    """Segments of one source or of all; what was made. LakeError for arguments that make no sense."""
    return perform(ANALYSIS, argv, description=__doc__ or "")


if __name__ == "__main__":
    emit_metrics("segment", main, sys.argv[1:])
