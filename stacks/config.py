"""All settings that differ between deployments, as one frozen value that is validated before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from contracts.document import suggest
from contracts.errors import UsageError
from contracts.periods import GRAINS
from stacks.dashboard_settings import Dashboard, dashboard_problems
from stacks.live_settings import Api, Functions, Live, Stream, live_problems
from stacks.pipelines.limits import model_problems
from stacks.settings import arguments, built, merged, packaged, read_file, setting, validated
from stacks.source_settings import source_problems

WORKER_TYPES = ("G.1X", "G.2X", "G.4X", "G.8X")
ENVIRONMENTS = ("dev", "prod")
CONTEXT_KEYS = ("env", "name", "allow_data_deletion", "config")
NOBODY = (
    "alarms.emails is empty, so nobody receives alerts; add an address to the settings, or set `alarms: {no_emails: true}` if "
    "alerts are read elsewhere."
)
CDK_KEYS = ("acknowledged-issue-numbers", "cli-telemetry")  # the CDK CLI keeps these in the context


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Retention periods, in days."""

    logs: int = setting(90, least=1)
    access_logs: int = setting(365, least=1)
    raw_to_infrequent: int = setting(30, least=30)  # S3's minimum for Infrequent Access
    raw_to_archive: int = setting(180, least=60)
    noncurrent_versions: int = setting(30, least=1)
    query_results: int = setting(14, least=1)
    aborted_uploads: int = setting(7, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """The size of a Glue job run. Auto Scaling adds workers up to `workers`; Glue's minimum is 2."""

    worker_type: str = setting("G.1X", choices=WORKER_TYPES)
    workers: int = setting(2, least=2, most=299)
    timeout_minutes: int = setting(120, least=1, most=10_080)
    retries: int = setting(1, least=0, most=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the batch starts: six cron fields in the format of EventBridge Scheduler, in an IANA time zone."""

    enabled: bool = setting(default=False)
    cron: str = setting("0 4 * * ? *", form="cron")
    timezone: str | None = setting(None, form="timezone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """Alarm thresholds, and the addresses that receive alerts."""

    emails: tuple[str, ...] = setting((), form="email")
    no_emails: bool = setting(default=False)  # prod without addresses: alerts are read in the console or by other subscribers
    job_minutes: int = setting(60, least=1)
    no_data_hours: int = setting(26, least=1, most=168)
    quarantine_ratio: float = setting(0.05, least=0, most=1)
    scanned_gb_per_day: int = setting(100, least=1)
    delivery_minutes: int = setting(10, least=1)  # beyond the time that Firehose collects events
    live_seconds: int = setting(60, least=1)  # the age of a record when the live function gets it
    api_seconds: float = setting(1.0, least=0.05, most=29)  # 99 % of the answers come sooner
    api_error_ratio: float = setting(0.05, least=0, most=1)  # of requests, answered with 4xx


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """E-mails when the month's cost exceeds 80 % of the amount, or is forecast to exceed it; 0 means no budget."""

    monthly_usd: int = setting(0, least=0)
    emails: tuple[str, ...] = setting((), form="email")


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeConfig:
    """One deployment of the lake. The first three settings come from the command line (-c), the others from files.

    Create it with `LakeConfig.load`, which raises UsageError with one sentence for the first problem.
    """

    env: str = setting("dev", choices=ENVIRONMENTS, context=True)
    name: str = setting("shoplake", form="name", context=True)
    allow_data_deletion: bool = setting(default=False, context=True)

    region: str | None = setting(None, form="region")
    removal: str = setting("retain", choices=("retain", "destroy"))
    object_lock_days: int = setting(0, least=0, most=36_500)  # of the raw zone; 0 means no lock
    partition_grain: str = setting("month", choices=tuple(GRAINS))
    first_date: str = setting("2009-01-01", form="date")  # Athena projects no partition before this date,
    last_date: str = setting("2035-12-31", form="date")  # nor after this one by month; by day it projects up to tomorrow
    sources: tuple[str, ...] = setting((), form="source")  # of glue_jobs/sources; none means all
    networking: str = setting("none", choices=("none", "private"))
    govern: bool = setting(default=False)
    lf_admin: str = setting("deployer", choices=("deployer", "existing"))  # who makes the deploying role an administrator
    lf_revoked: bool = setting(default=False)  # IAMAllowedPrincipals has no grant left, so that Lake Formation alone decides
    data_events: bool = setting(default=False)  # CloudTrail records every read and write of an object
    encrypt_catalog: bool = setting(default=False)  # one setting for the entire account and region
    models: tuple[str, ...] = setting((), form="source")  # sources whose models SageMaker trains; none means no stack
    live_path: bool = setting(default=True)  # the API, the stream and the tables for events as they happen
    scan_limit_gb: int = setting(100, least=1, most=10_000)  # per Athena query
    tags: Mapping[str, str] = setting({}, form="tag")
    retention: Retention = field(default_factory=Retention)
    jobs: Jobs = field(default_factory=Jobs)
    schedule: Schedule = field(default_factory=Schedule)
    alarms: Alarms = field(default_factory=Alarms)
    budget: Budget = field(default_factory=Budget)
    stream: Stream = field(default_factory=Stream)
    live: Live = field(default_factory=Live)
    api: Api = field(default_factory=Api)
    functions: Functions = field(default_factory=Functions)
    dashboard: Dashboard = field(default_factory=Dashboard)

    @staticmethod
    def load(*, env: str = "dev", overrides: Mapping[str, Any] | None = None, file: str | Path | None = None) -> LakeConfig:
        """The packaged settings of `env`, then a YAML or JSON `file`, then `overrides` (nested, as in files); the last one wins.

        Raises UsageError for an unknown key, a wrong type or value, or settings that contradict each other.
        """
        from_arguments = validated(LakeConfig, arguments({**(overrides or {}), "env": env}), context=True)
        values = validated(LakeConfig, packaged(env))
        if file is not None:
            values = merged(values, validated(LakeConfig, read_file(Path(file))))
        config = built(LakeConfig, merged(values, from_arguments))
        refuse_contradictions(config)
        return config

    @staticmethod
    def from_context(context: Mapping[str, Any]) -> LakeConfig:
        """The configuration from the -c arguments; keys that the CDK itself keeps in the context are ignored.

        Raises UsageError as `load` does, and for an unknown -c key.
        """
        own = {key: value for key, value in context.items() if not any(mark in key for mark in "@:/")}
        for key, value in own.items():
            if key not in (*CONTEXT_KEYS, *CDK_KEYS):
                remedy = "set it in a file and pass -c config=FILE." if key in FILE_KEYS else suggest(key, CONTEXT_KEYS)
                raise UsageError(f"-c {key}={value}: expected one of {', '.join(CONTEXT_KEYS)}; {remedy}")
        overrides = {key: value for key, value in own.items() if key in {"name", "allow_data_deletion"}}
        config = LakeConfig.load(env=own.get("env", "dev"), overrides=overrides, file=own.get("config"))
        if config.nobody_is_alerted:
            raise UsageError(f"{config.env}: {NOBODY}")
        return config

    @property
    def nobody_is_alerted(self) -> bool:
        """Prod without an address, and without the word that none is needed."""
        return self.env == "prod" and not self.alarms.emails and not self.alarms.no_emails

    @property
    def prefix(self) -> str:
        """The prefix of every physical name, so that several deployments fit into one account: shoplake-dev."""
        return f"{self.name}-{self.env}"

    @property
    def deletes_data(self) -> bool:
        """Whether the buckets are deleted with their stack: only with both settings on."""
        return self.removal == "destroy" and self.allow_data_deletion

    def database(self, zone: str) -> str:
        """The Glue database of a zone: shoplake_dev_curated."""
        return f"{self.prefix}-{zone}".replace("-", "_")


FILE_KEYS = tuple(entry.name for entry in fields(LakeConfig) if not entry.metadata.get("context"))


def refuse_contradictions(config: LakeConfig) -> None:
    """Raise UsageError for settings that are valid one by one but not together."""
    for problem in (
        *_deletion_problems(config),
        *_lake_formation_problems(config),
        *_retention_problems(config),
        *_alerting_problems(config),
        *source_problems(config.sources, models=config.models, live_path=config.live_path),
        *model_problems(config.models, prefix=config.prefix, region=config.region),
        *dashboard_problems(config.dashboard, config.name),
        *live_problems(config.stream, config.live, config.api, config.functions),
    ):
        raise UsageError(f"{config.env}: {problem}")


def _deletion_problems(config: LakeConfig) -> Iterator[str]:
    if config.removal == "destroy" and not config.allow_data_deletion:
        yield (
            "removal is destroy, which also needs -c allow_data_deletion=true; add it to delete the data with its stack, or set "
            "`removal: retain`."
        )
    if config.removal == "destroy" and config.object_lock_days:
        yield (
            f"removal is destroy, but object_lock_days is {config.object_lock_days}, which forbids deleting raw data; "
            "expected 0; set `object_lock_days: 0`, or `removal: retain`."
        )


def _lake_formation_problems(config: LakeConfig) -> Iterator[str]:
    if config.lf_revoked and not config.govern:
        yield "lf_revoked is true, but govern is false, so personal tables would be open; remove it, or set `govern: true`."


def _retention_problems(config: LakeConfig) -> Iterator[str]:
    days = config.retention
    if days.raw_to_archive < days.raw_to_infrequent + 30:
        yield (
            f"retention.raw_to_archive is {days.raw_to_archive}, expected {days.raw_to_infrequent + 30} or more, since S3 keeps "
            "an object in Infrequent Access for at least 30 days; raise it, or lower retention.raw_to_infrequent."
        )
    if config.last_date <= config.first_date:
        yield f"last_date is {config.last_date}, expected a date after first_date: {config.first_date}; change one of them."
    if days.noncurrent_versions < config.object_lock_days:
        yield (
            f"retention.noncurrent_versions is {days.noncurrent_versions}, expected {config.object_lock_days} or more, since "
            "object_lock_days locks every version for as long; raise it."
        )


def _alerting_problems(config: LakeConfig) -> Iterator[str]:
    if config.schedule.enabled and config.schedule.timezone is None:
        yield "schedule.timezone is missing, expected an IANA time zone where schedule.enabled is true; add one, such as UTC."
    if config.budget.monthly_usd and not config.budget.emails:
        yield (
            f"budget.emails is empty, expected an address to notify about budget.monthly_usd: {config.budget.monthly_usd}; add "
            "one, or set the amount to 0."
        )
    if config.budget.emails and not config.budget.monthly_usd:
        yield "budget.monthly_usd is 0, expected an amount to notify budget.emails about; set it, or remove the addresses."
    if config.alarms.emails and config.alarms.no_emails:
        yield "alarms.no_emails is true, but alarms.emails has addresses; remove one of them."
    if config.alarms.job_minutes >= config.jobs.timeout_minutes:
        yield (
            f"alarms.job_minutes is {config.alarms.job_minutes}, expected less than jobs.timeout_minutes: "
            f"{config.jobs.timeout_minutes}, after which the job is stopped and the alarm could never fire; lower it."
        )
