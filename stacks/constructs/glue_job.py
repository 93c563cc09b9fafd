"""One Glue job: its role, its logs, and the metrics of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from contracts.zones import Zone
from glue_jobs.manifest import JobSpec
from stacks.config import LakeConfig
from stacks.constructs.code_asset import JobCode, readable
from stacks.constructs.glue_network import GlueNetwork
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.role import LakeRole
from stacks.constructs.zone_access import Access, bucket, grant
from stacks.storage import Storage

WORKERS = {kind.value.replace("_", "."): kind for kind in glue.WorkerType if kind.value.startswith("G_")}
COLON = cdk.ArnFormat.COLON_RESOURCE_NAME
LOGGING = ("logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
# Metric by field of the lines that glue_jobs.lib.lake.job_metrics writes, and the kind of line that has it.
FIGURES = {"records": "run", "processed": "run", "quarantined": "run", "ratio": "run", "unaccounted": "failure", "seconds": "end"}


@dataclass(frozen=True)
class Runtime:
    """What all jobs run with: their code, how Glue encrypts for them, and the private network if there is one."""

    code: JobCode
    security: glue.SecurityConfiguration
    network: GlueNetwork | None = None


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
            assumed_by=iam.ServicePrincipal("glue.amazonaws.com"),
            description=f"{config.prefix}: role of the job {spec.name}",
        )
        code, security, network = runtime.code, runtime.security, runtime.network
        script = code.main(spec.name)
        self._log_prefix = f"/{config.prefix}/{spec.name}"
        self.logs = {stream: self._log_group(stream, security) for stream in ("output", "error")}
        spark_logs = Access("results", "Spark names its event logs itself.", write=True, keys=(f"spark-ui/{spec.name}/*",))
        grant(self.role, storage, *access, spark_logs)
        self._grant_running([readable(asset) for asset in (script, *code.shared)])
        if network:
            network.grant(self.role)
        self.job = glue.PySparkEtlJob(
            self,
            "Job",
            job_name=f"{config.prefix}-{spec.name}",
            description=spec.title,
            # Without this the construct would choose Glue 4.0.
            glue_version=glue.GlueVersion.V5_1,
            # All that the role may do is stated here; constructs add no grants of their own taste.
            role=self.role.fixed,
            script=glue.Code.from_bucket(script.bucket, script.s3_object_key),
            extra_python_files=[glue.Code.from_bucket(asset.bucket, asset.s3_object_key) for asset in code.shared],
            worker_configuration=glue.WorkerConfiguration(
                worker_type=WORKERS[config.jobs.worker_type], number_of_workers=config.jobs.workers
            ),
            timeout=cdk.Duration.minutes(config.jobs.timeout_minutes),
            notify_delay_after=cdk.Duration.minutes(config.alarms.job_minutes),
            # The state machine tries again, for it would not see a retry of Glue's and start a second run beside it.
            max_retries=0,
            max_concurrent_runs=1,
            security_configuration=security,
            connections=network.connections if network else None,
            continuous_logging=glue.ContinuousLoggingProps(enabled=True, quiet=True),
            enable_metrics=True,
            enable_observability_metrics=True,
            spark_ui=glue.SparkUIProps(bucket=storage.results, prefix=f"/spark-ui/{spec.name}"),
            default_arguments=self._arguments(),
        )
        self.job.node.add_dependency(*self.logs.values())
        self._figures = {name: self._filter(name, kind) for name, kind in FIGURES.items()}

    def _arguments(self) -> dict[str, str]:
        zones = {f"--{zone}": f"s3://{bucket(self._storage, zone).bucket_name}" for zone in Zone}
        return zones | {
            "--partition_grain": self._config.partition_grain,
            "--first_date": self._config.first_date,
            "--last_date": self._config.last_date,
            "--enable-auto-scaling": "true",
            "--enable-job-insights": "true",
            # What was read is remembered by the lake's own ledger.
            "--job-bookmark-option": "job-bookmark-disable",
            "--custom-logGroup-prefix": self._log_prefix,
        }

    def _log_group(self, stream: str, security: glue.SecurityConfiguration) -> LakeLogs:
        """Glue derives the name from the prefix, the security configuration and the role; made here, it has a retention."""
        name = f"{self._log_prefix}/{security.security_configuration_name}-role/{self.role.role_name}/{stream}"
        return LakeLogs(self, stream.capitalize(), config=self._config, key=self._storage.key, name=name)

    def _grant_running(self, code: Sequence[str]) -> None:
        stack = cdk.Stack.of(self)
        # Some calls name a group as it is, some with the `:*` that CloudFormation adds.
        names = [group.log_group_name for group in self.logs.values()]
        groups = [
            stack.format_arn(service="logs", resource="log-group", resource_name=name, arn_format=COLON) for name in names
        ] + [group.log_group_arn for group in self.logs.values()]
        self.role.allow(["s3:GetObject"], code)
        self.role.allow(LOGGING, groups)
        self.role.allow(
            ["cloudwatch:PutMetricData"],
            ["*"],
            wildcard="Metrics know no resources; the call is held to Glue's namespace by a condition, and Glue's security "
            "configurations know none either; reading them tells only how Glue encrypts.",
            StringEquals={"cloudwatch:namespace": "Glue"},
        )
        self.role.allow(["glue:GetSecurityConfiguration"], ["*"])

    def _filter(self, name: str, kind: str) -> cloudwatch.Metric:
        found = logs.MetricFilter(
            self,
            f"{name.capitalize()}Filter",
            log_group=self.logs["output"],
            filter_pattern=logs.FilterPattern.literal(f'{{ $.shoplake = "{kind}" }}'),
            metric_namespace=self._config.prefix,
            metric_name=f"{self.spec.name}.{name}",
            metric_value=f"$.{name}",
        )
        return found.metric()

    def figure(self, name: str, *, statistic: str, period: cdk.Duration) -> cloudwatch.Metric:
        """A metric of what runs tell about themselves; the names are those of FIGURES."""
        return self._figures[name].with_(statistic=statistic, period=period)
