"""One Glue job: its role, its log groups and the metrics of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from constructs import Construct

from contracts.zones import Zone
from glue_jobs.manifest import METRICS, JobSpec
from stacks.config import LakeConfig
from stacks.constructs.code_asset import JobCode, readable
from stacks.constructs.glue_network import GlueNetwork
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.role import LakeRole
from stacks.constructs.table import LakeTable
from stacks.constructs.zone_access import Access, bucket, grant
from stacks.storage import Storage

WORKERS = {kind.value.replace("_", "."): kind for kind in glue.WorkerType if kind.value.startswith("G_")}
COLON = cdk.ArnFormat.COLON_RESOURCE_NAME
LOGGING = ("logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")


@dataclass(frozen=True)
class Runtime:
    """Shared by all jobs: code, security configuration; the private network and DynamoDB tables by name where they exist."""

    code: JobCode
    security: glue.SecurityConfiguration
    network: GlueNetwork | None = None
    tables: Mapping[str, LakeTable] = field(default_factory=dict)


class GlueJob(Construct):
    """A PySpark job on Glue 5.1 with a role of its own."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        spec: JobSpec,
        access: Sequence[Access],
        config: LakeConfig,
        storage: Storage,
        runtime: Runtime,
    ) -> None:
        super().__init__(scope, id_)
        self.spec, self._config, self._storage = spec, config, storage
        self.role = LakeRole(
            self,
            "Role",
            assumed_by="glue.amazonaws.com",
            description=f"{config.prefix}: role of the job {spec.name}",
        )
        code, security, network = runtime.code, runtime.security, runtime.network
        script = code.main(spec.name)
        self._log_prefix = f"/{config.prefix}/{spec.name}"
        self.logs = {stream: self._log_group(stream, security) for stream in ("output", "error")}
        spark_logs = Access(
            "results", "Spark chooses the names of its event logs.", write=True, keys=(f"spark-ui/{spec.name}/*",)
        )
        grant(self.role, storage, *access, spark_logs)
        self._grant_running([readable(asset) for asset in (script, *code.shared)])
        if network:
            network.grant(self.role)
        table = runtime.tables[spec.dynamodb] if spec.dynamodb else None
        if table:
            table.allow(self.role, write=spec.dynamodb == "serving")
        self.job = glue.PySparkEtlJob(
            self,
            "Job",
            job_name=f"{config.prefix}-{spec.name}",
            description=spec.title,
            # The construct's default is Glue 4.0.
            glue_version=glue.GlueVersion.V5_1,
            # `fixed` ignores the grants that the construct would add.
            role=self.role.fixed,
            script=glue.Code.from_bucket(script.bucket, script.s3_object_key),
            extra_python_files=[glue.Code.from_bucket(asset.bucket, asset.s3_object_key) for asset in code.shared],
            worker_configuration=glue.WorkerConfiguration(
                worker_type=WORKERS[config.jobs.worker_type], number_of_workers=config.jobs.workers
            ),
            timeout=cdk.Duration.minutes(config.jobs.timeout_minutes),
            notify_delay_after=cdk.Duration.minutes(config.alarms.job_minutes),
            # The state machine retries. It would not see a retry by Glue, and would start a second run next to it.
            max_retries=0,
            max_concurrent_runs=1,
            security_configuration=security,
            connections=network.connections if network else None,
            continuous_logging=glue.ContinuousLoggingProps(enabled=True, quiet=True),
            enable_metrics=True,
            enable_observability_metrics=True,
            spark_ui=glue.SparkUIProps(bucket=storage.results, prefix=f"/spark-ui/{spec.name}"),
            default_arguments=self._arguments() | ({f"--{spec.dynamodb}_table": table.table_name} if table else {}),
        )
        self.job.node.add_dependency(*self.logs.values())

    def _arguments(self) -> dict[str, str]:
        zones = {f"--{zone}": f"s3://{bucket(self._storage, zone).bucket_name}" for zone in Zone}
        return zones | {
            "--partition_grain": self._config.partition_grain,
            "--first_date": self._config.first_date,
            "--last_date": self._config.last_date,
            "--metrics_namespace": self._config.prefix,
            "--metrics_region": cdk.Stack.of(self).region,
            "--enable-auto-scaling": "true",
            "--enable-job-insights": "true",
            # The lake's own ledger records which files were read.
            "--job-bookmark-option": "job-bookmark-disable",
            "--custom-logGroup-prefix": self._log_prefix,
        }

    def _log_group(self, stream: str, security: glue.SecurityConfiguration) -> LakeLogs:
        """The log group whose name Glue derives from prefix, security configuration and role; created here to set a retention."""
        name = f"{self._log_prefix}/{security.security_configuration_name}-role/{self.role.role_name}/{stream}"
        return LakeLogs(self, stream.capitalize(), config=self._config, key=self._storage.key, name=name)

    def _grant_running(self, code: Sequence[str]) -> None:
        stack = cdk.Stack.of(self)
        # Some actions use the group's ARN, others the ARN with the `:*` that CloudFormation adds.
        names = [group.log_group_name for group in self.logs.values()]
        groups = [
            stack.format_arn(service="logs", resource="log-group", resource_name=name, arn_format=COLON) for name in names
        ] + [group.log_group_arn for group in self.logs.values()]
        self.role.allow(["s3:GetObject"], code)
        self.role.allow(LOGGING, groups)
        self.role.allow(
            ["cloudwatch:PutMetricData"],
            ["*"],
            wildcard="PutMetricData does not support resources and is limited to the namespaces of Glue and the lake by a "
            "condition. GetSecurityConfiguration does not support them either and returns only encryption settings.",
            StringEquals={"cloudwatch:namespace": ["Glue", self._config.prefix]},
        )
        self.role.allow(["glue:GetSecurityConfiguration"], ["*"])

    def metric(self, name: str, *, statistic: str, period: cdk.Duration) -> cloudwatch.Metric:
        """A metric that the job's runs publish; ValueError for one that they do not."""
        known = (*METRICS, *self.spec.figures)
        if name not in known:
            raise ValueError(f"{name} is not one of {', '.join(known)}")
        return cloudwatch.Metric(
            namespace=self._config.prefix, metric_name=f"{self.spec.name}.{name}", statistic=statistic, period=period
        )
