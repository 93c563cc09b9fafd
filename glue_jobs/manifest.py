"""Every Glue job, once, in the order of the batch.

Stacks, permissions, the command line, the demo and the cost model derive from this list. It is plain data: it imports
neither PySpark nor the CDK. A new job is a script `glue_jobs/<name>.py`, an entry here, and its rows in `stacks/permissions`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """One Glue job. `reads` and `writes` are tables; `<zone>.*` stands for all tables of a zone.

    `work_share` is the job's work per GB of raw data relative to conform, for the cost model; `work_reason` says where the
    number comes from. `figures` are metrics of its own, besides METRICS. An analysis is a job that is more than SELECTs and runs
    after the marts. `dynamodb` is the DynamoDB table that a job of the live path uses: `serving` to write it, `live` to read it.
    Such a job runs last, and exists only with the live path.
    """

    name: str
    title: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    work_share: float
    work_reason: str
    figures: tuple[str, ...] = ()
    is_analysis: bool = False
    dynamodb: str = ""
    in_demo: bool = True

    @property
    def construct(self) -> str:
        """The job's CDK construct and stack output: Conform, and ConformJob."""
        return self.name.capitalize()

    @property
    def output(self) -> str:
        """The stack output that holds the deployed job's name."""
        return f"{self.construct}Job"


# What a run publishes to CloudWatch, as <job>.<name>; see glue_jobs.lib.lake.job_metrics.
METRICS = ("records", "processed", "quarantined", "ratio", "unaccounted", "seconds")
JOBS = (
    JobSpec(
        name="conform",
        title="raw to processed",
        reads=("raw.*",),
        writes=("processed.*",),
        figures=("unread",),
        work_share=1.0,
        work_reason="the reference: core_seconds_per_gb is measured on conform",
    ),
    JobSpec(
        name="marts",
        title="processed to curated",
        reads=("processed.*",),
        writes=("curated.*",),
        work_share=0.5,
        work_reason="an estimate relative to conform; not measured at this size",
    ),
    JobSpec(
        name="segment",
        title="customer segments",
        reads=("fct_order_items", "dim_product", "dim_date", "events", "fct_sessions"),
        writes=("customer_segments", "segment_profile"),
        work_share=0.2,
        work_reason="reads facts of customers, not events, and fits on a summary; not measured at this size",
        is_analysis=True,
    ),
    JobSpec(
        name="recommend",
        title="recommendations and frequently bought together",
        reads=("fct_order_items", "dim_product", "dim_date", "events"),
        writes=("recommendations", "item_pairs", "model_metrics"),
        work_share=0.5,
        work_reason="like marts, it reads all events once; not measured at this size",
        is_analysis=True,
    ),
    JobSpec(
        name="value",
        title="historic and predicted customer value",
        reads=("fct_order_items", "dim_product", "fct_sessions"),
        writes=("customer_value", "model_metrics"),
        work_share=0.2,
        work_reason="like segment, it reads facts of customers and fits on a summary; not measured at this size",
        is_analysis=True,
    ),
    JobSpec(
        name="features",
        title="features and labels for models",
        reads=("fct_order_items", "fct_sessions", "dim_product"),
        writes=("customer_features", "churn_labels", "order_features", "session_features"),
        work_share=0.2,
        work_reason="like segment, it reads facts of customers and sessions, not events; not measured at this size",
        is_analysis=True,
        in_demo=False,  # training in the demo computes the same SELECTs itself
    ),
    JobSpec(
        name="scores",
        title="model scores to curated",
        reads=("fct_order_items", "churn_labels"),
        writes=("churn_scores", "anomaly_scores"),
        figures=("drift", "shortfall"),
        work_share=0.1,
        work_reason="reads a row per scored customer and order, and order lines once; not measured at this size",
        is_analysis=True,
        in_demo=False,  # the demo scores after it has trained, and runs the job then
    ),
    JobSpec(
        name="profiling",
        title="column profiles of processed tables",
        reads=("processed.*",),
        writes=("column_profile", "table_profile"),
        work_share=0.5,
        work_reason="like marts, it reads every processed table once; not measured at this size",
        is_analysis=True,
        in_demo=False,  # the demo shows profiles as a page, made on the spot
    ),
    JobSpec(
        name="publish",
        title="curated results to the serving API",
        reads=("rfm", "customer_segments", "customer_value", "churn_scores", "anomaly_scores", "recommendations", "item_pairs"),
        writes=(),
        work_share=0.1,
        work_reason="reads results, which are small next to events, and writes what changed; not measured at this size",
        dynamodb="serving",
        in_demo=False,
    ),
    JobSpec(
        name="reconcile",
        title="live figures against the batch",
        reads=("events",),
        writes=("live_reconciliation", "ingestion_warnings"),
        work_share=0.1,
        work_reason="counts the events of a few days and reads a total per window; not measured at this size",
        dynamodb="live",
        in_demo=False,
    ),
)
ANALYSES = tuple(job for job in JOBS if job.is_analysis)


def job(name: str) -> JobSpec:
    """The job with this name; KeyError where there is none."""
    return {one.name: one for one in JOBS}[name]
