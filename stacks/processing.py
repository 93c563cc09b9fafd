"""Processing: the Glue jobs, the batch that runs them in their order, and the topic that tells when it fails."""

from __future__ import annotations

from aws_cdk import aws_glue as glue
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.batch import Batch
from stacks.constructs.code_asset import JobCode
from stacks.constructs.glue_job import GlueJob, Job, Runtime
from stacks.constructs.glue_network import GlueNetwork
from stacks.constructs.notices import Notices
from stacks.constructs.service_key import let_services_use
from stacks.constructs.zones import Access, Zones
from stacks.stack import LakeStack

ALL_RAW = "Conform reads whatever shops put into raw; the bucket holds nothing else."
ALL_PROCESSED = "Conform writes every table of the processed zone; the bucket holds nothing else."
READ_PROCESSED = "Marts may be built from any table of the processed zone; it is only read."
LEDGER = "Marts account for their runs in the ledger of conform, by the same staging and commit; the tables stay out of reach."
ALL_CURATED = "Marts write every table of the curated zone; the bucket holds nothing else."
# One line per job, in the order of the batch: its main in glue_jobs/, and all that it may touch.
JOBS = (
    Job("conform", "raw to processed", (Access("raw", ALL_RAW), Access("processed", ALL_PROCESSED, write=True))),
    Job(
        "marts",
        "processed to curated",
        (
            Access("processed", READ_PROCESSED),
            Access("processed", LEDGER, write=True, keys=("etl_runs*", "_staging*", "_commits*")),
            Access("curated", ALL_CURATED, write=True),
        ),
    ),
)


class Processing(LakeStack):
    """`jobs` by main, `batch` that runs them, `notices` to which all of the lake's alarms are sent."""

    def __init__(
        self, scope: Construct, id_: str, *, config: LakeConfig, zones: Zones, network: GlueNetwork | None = None
    ) -> None:
        super().__init__(scope, id_, config=config, description="Glue jobs and the batch that runs them")
        let_services_use(zones.key, stack=self)
        self.notices = Notices(self, "Notices", config=config, key=zones.key)
        runtime = Runtime(code=JobCode(self, "Code"), security=self._security(config, zones), network=network)
        self.jobs = {
            job.main: GlueJob(self, job.main.capitalize(), job=job, config=config, zones=zones, runtime=runtime) for job in JOBS
        }
        self.batch = Batch(self, "Batch", jobs=list(self.jobs.values()), config=config, key=zones.key, notices=self.notices)
        for name, made in self.jobs.items():
            self.output(f"{name.capitalize()}Job", made.job.job_name, f"name of the Glue job {name}")
        self.output("BatchStateMachine", self.batch.machine.state_machine_arn, "ARN of the state machine of the batch")
        self.output("NoticesTopic", self.notices.topic_arn, "ARN of the topic of notices and alarms")

    def _security(self, config: LakeConfig, zones: Zones) -> glue.SecurityConfiguration:
        return glue.SecurityConfiguration(
            self,
            "Security",
            security_configuration_name=f"{config.prefix}-jobs",
            s3_encryption=glue.S3Encryption.kms(zones.key),
            cloud_watch_encryption=glue.CloudWatchEncryption.kms(zones.key),
            job_bookmarks_encryption=glue.JobBookmarksEncryption.client_side_kms(zones.key),
        )
