"""Processing: the Glue jobs, the batch that runs them, and the alert topic."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from constructs import Construct

from glue_jobs.manifest import JOBS, JobSpec
from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert
from stacks.constructs.alert_topic import AlertTopic
from stacks.constructs.batch import Batch
from stacks.constructs.code_asset import JobCode
from stacks.constructs.glue_job import GlueJob, Runtime
from stacks.constructs.glue_network import GlueNetwork
from stacks.constructs.job_events import JobEvents
from stacks.constructs.service_key import let_services_use
from stacks.constructs.table import LakeTable
from stacks.constructs.zone_access import Access
from stacks.source_settings import deployed_sources
from stacks.stack import LakeStack
from stacks.storage import Storage

ALL_RAW = "Conform reads every file that shops deliver to raw; the bucket contains nothing else."
ALL_PROCESSED = "Conform writes every table of the processed zone; the bucket contains nothing else."
READ_PROCESSED = "The job may read any table of the processed zone; it does not write there."
LEDGER = (
    "The job records its runs in the run history, through staging and commit records; it cannot write other processed tables."
)
FOLDER_MARKERS = ("_staging/", "_staging_$folder$", "_commits/", "_commits_$folder$")
READ_CURATED = "The job publishes results of any analysis and mart; it does not write curated tables."
ALL_CURATED = "Marts write every table of the curated zone; the bucket contains nothing else."
ANALYSES = "Analyses read the marts and write their own curated tables; the bucket contains nothing else."
# Good runs publish a good value, and nothing else does.
STATE, SILENCE = cloudwatch.TreatMissingData.IGNORE, cloudwatch.TreatMissingData.BREACHING


def _access(spec: JobSpec) -> tuple[Access, ...]:
    """The zones that a job needs. Every job but conform reads both table zones and writes its run history; most write curated."""
    if spec.writes == ("processed.*",):
        return (Access("raw", ALL_RAW), Access("processed", ALL_PROCESSED, write=True))
    return (
        Access("processed", READ_PROCESSED),
        # Of staging and commit records only its own: conform applies its records with conform's rights.
        Access("processed", LEDGER, write=True, keys=("etl_runs*", f"_staging/{spec.name}*", f"_commits/{spec.name}*")),
        # Hadoop marks a folder that it has created or emptied: S3A with a slash, EMRFS with a suffix. Markers are empty.
        Access("processed", LEDGER, write=True, keys=FOLDER_MARKERS),
        Access("curated", ALL_CURATED if spec.writes == ("curated.*",) else ANALYSES, write=True)
        if spec.writes
        else Access("curated", READ_CURATED),
    )


class Processing(LakeStack):
    """`jobs` by name, the `batch` that runs them, and `alert_topic`, which every alarm of the lake notifies.

    `tables` are the DynamoDB tables of the live path; without them there are no jobs that use one.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: LakeConfig,
        storage: Storage,
        network: GlueNetwork | None = None,
        tables: Mapping[str, LakeTable] | None = None,
    ) -> None:
        super().__init__(scope, id_, config=config, description="Glue jobs and the batch that runs them")
        let_services_use(storage.key, stack=self)
        self.alert_topic = AlertTopic(self, "AlertTopic", config=config, key=storage.key)
        runtime = Runtime(
            code=JobCode(self, "Code", sources=deployed_sources(config.sources)),
            security=self._security(config, storage),
            network=network,
            tables=tables or {},
        )
        self.jobs = {
            spec.name: GlueJob(
                self, spec.construct, spec=spec, access=_access(spec), config=config, storage=storage, runtime=runtime
            )
            for spec in JOBS
            if not spec.dynamodb or spec.dynamodb in runtime.tables
        }
        self.batch = Batch(
            self, "Batch", jobs=list(self.jobs.values()), config=config, key=storage.key, alert_topic=self.alert_topic
        )
        for job in self.jobs.values():
            self.output(job.spec.output, job.job.job_name, f"Glue job {job.spec.name}")
        self.output("BatchStateMachine", self.batch.machine.state_machine_arn, "state machine of the batch (ARN)")
        self.alerts = [*self._job_alerts(config, storage.key), *self._batch_alerts(), *self._data_alerts(config)]
        self.output("AlertTopic", self.alert_topic.topic_arn, "alert topic (ARN)")

    def _security(self, config: LakeConfig, storage: Storage) -> glue.SecurityConfiguration:
        security = glue.SecurityConfiguration(
            self,
            "Security",
            security_configuration_name=f"{config.prefix}-jobs",
            s3_encryption=glue.S3Encryption.kms(storage.key),
            cloud_watch_encryption=glue.CloudWatchEncryption.kms(storage.key),
            job_bookmarks_encryption=glue.JobBookmarksEncryption.client_side_kms(storage.key),
        )
        # The construct's default is to retain it, but a fixed name that remains makes the next deploy fail.
        security.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        return security

    def _job_alerts(self, config: LakeConfig, key: kms.IKey) -> list[Alert]:
        minutes = config.alarms.job_minutes
        runs = JobEvents(self, "JobEvents", jobs=list(self.jobs.values()), config=config, key=key, alert_topic=self.alert_topic)
        return [
            Alert("job-failed", runs.failures(), above=0, what="A job run failed or timed out."),
            Alert("job-slow", runs.delays(), above=0, what=f"A job run has been running for more than {minutes} minutes."),
        ]

    def _batch_alerts(self) -> list[Alert]:
        every = cdk.Duration.minutes(5)
        failed = self.batch.machine.metric_failed(period=every, statistic="Sum")
        late = self.batch.machine.metric_timed_out(period=every, statistic="Sum")
        return [
            Alert("batch-failed", failed, above=0, what="An execution of the batch failed after all retries."),
            Alert("batch-timed-out", late, above=0, what="An execution of the batch timed out and was stopped."),
        ]

    def _data_alerts(self, config: LakeConfig) -> list[Alert]:
        conform, limits = self.jobs["conform"], config.alarms
        ratio = conform.metric("ratio", statistic="Maximum", period=cdk.Duration.minutes(5))
        broken = conform.metric("unaccounted", statistic="Maximum", period=cdk.Duration.minutes(5))
        unread = conform.metric("unread", statistic="Maximum", period=cdk.Duration.minutes(5))
        alerts = [
            Alert(
                "quarantine-ratio",
                ratio,
                above=limits.quarantine_ratio,
                missing=STATE,
                what=f"More than {limits.quarantine_ratio:.1%} of one source's rows went to quarantine in one run.",
            ),
            Alert(
                "reconciliation",
                broken,
                above=0,
                missing=STATE,
                what="Some rows that were read are not accounted for; nothing was committed.",
            ),
            Alert("unread-files", unread, above=0, missing=STATE, what="Raw has a folder that no source reads."),
        ]
        if config.schedule.enabled:
            records = conform.metric("records", statistic="Sum", period=cdk.Duration.hours(1))
            what = f"No new record arrived for {limits.no_data_hours} hours."
            alerts.append(Alert("no-data", records, below=1, periods=limits.no_data_hours, missing=SILENCE, what=what))
        return alerts
