"""A deployment's settings, and the error for each invalid one."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import LakeError, UsageError
from stacks.config import LakeConfig

ROOT = Path(__file__).parents[3]

# The file's content, and the error that it causes.
WRONG = {
    "partition_grian: day": "partition_grian is not a known key; did you mean partition_grain?",
    "retention: {log: 3}": "retention.log is not a known key; did you mean logs?",
    "zebra: 1": "zebra is not a known key; use one of: alarms, allow_data_deletion, api, budget,",
    "partition_grain: week": "partition_grain is 'week'; use one of: day, month.",
    "partition_grain: 2": "partition_grain is 2, but must be text; put it in quotes.",
    "networking: public": "networking is 'public'; use one of: none, private.",
    "removal: delete": "removal is 'delete'; use one of: destroy, retain.",
    "govern: 'yes'": "govern is 'yes', but must be true or false; write one of them.",
    "data_events: 1": "data_events is 1, but must be true or false; write one of them.",
    "scan_limit_gb: 0": "scan_limit_gb is 0, but must be 1 or more; raise it.",
    "scan_limit_gb: true": "scan_limit_gb is True, but must be a whole number; write digits only, without quotes.",
    "scan_limit_gb: 20000": "scan_limit_gb is 20000, but must be 10000 or less; lower it.",
    "region: Frankfurt": "region is 'Frankfurt', but must be an AWS region, such as eu-central-1; fix it.",
    "first_date: 2020-01-01": "first_date is datetime.date(2020, 1, 1), but must be text; put it in quotes.",
    "first_date: '2020-13-01'": "first_date is '2020-13-01', but must be a date in quotes, such as '2009-01-01'; fix it.",
    "last_date: '2001-01-01'": "last_date is 2001-01-01, expected a date after first_date: 2009-01-01; change one of them.",
    "sources: my_shop": "sources is 'my_shop', but must be a list; write each item on its own line after a dash.",
    "sources: [My Shop]": "sources[0] is 'My Shop', but must be lower_snake_case, such as my_shop; fix it.",
    "sources: [stream, thelok]": "sources has thelok, which is no folder of glue_jobs/sources; did you mean thelook?",
    "sources: [stream, shop, shop]": "sources lists a source twice; list each once.",
    "sources: [shop]": "sources leaves out stream, which the live path delivers; add it, or set `live_path: false`.",
    "{sources: [stream, shop], models: [thelook]}": "models has thelook, which sources leaves out; add it there, or remove it",
    "models: [My Shop]": "models[0] is 'My Shop', but must be lower_snake_case, such as my_shop; fix it.",
    "models: [shop, shop]": "models lists a source twice; list each once.",
    "models: [shop_]": "models has shop_, but shoplake-dev-churn-shop- is no name for SageMaker, which allows 63 characters",
    f"models: [{'s' * 44}]": f"models has {'s' * 44}, but shoplake-dev-anomaly-{'s' * 44} is no name for SageMaker,",
    "{models: [shop], region: cn-north-1}": "models is set, but AWS has no scikit-learn image in cn-north-1; remove it,",
    "tags: [team]": "tags is ['team'], but must be a mapping; write its keys on the lines below, indented.",
    "tags: {cost: 12}": "tags.cost is 12, but must be text; put it in quotes.",
    "tags: {'aws:x': y}": "tags is 'aws:x', but must be a tag of AWS,",
    "retention: 30": "retention is 30, but must be a mapping; write its keys on the lines below, indented.",
    "retention: {raw_to_infrequent: 10}": "retention.raw_to_infrequent is 10, but must be 30 or more; raise it.",
    "retention: {raw_to_infrequent: 170}": "retention.raw_to_archive is 180, expected 200 or more, since S3",
    "object_lock_days: 20": "retention.noncurrent_versions is 7, expected 20 or more, since object_lock_days",
    "jobs: {workers: 1}": "jobs.workers is 1, but must be 2 or more; raise it.",
    "jobs: {worker_type: Z.1X}": "jobs.worker_type is 'Z.1X'; did you mean G.1X?",
    "jobs: {timeout_minutes: 30}": "alarms.job_minutes is 60, expected less than jobs.timeout_minutes: 30,",
    "schedule: {enabled: true}": "schedule.timezone is missing, expected an IANA time zone where schedule.enabled is true;",
    "schedule: {timezone: CEST+1}": "schedule.timezone is 'CEST+1', but must be an IANA time zone, such as Europe/Berlin;",
    "schedule: {cron: 0 4 * * *}": "schedule.cron is '0 4 * * *', but must be six cron fields, such as 0 4 * * ? *; fix it.",
    "alarms: {quarantine_ratio: 5}": "alarms.quarantine_ratio is 5, but must be 1 or less; lower it.",
    "alarms: {emails: [nobody]}": "alarms.emails[0] is 'nobody', but must be an e-mail address, such as data@example.com;",
    "budget: {monthly_usd: 50}": "budget.emails is empty, expected an address to notify about budget.monthly_usd: 50;",
    "budget: {emails: [a@example.com]}": "budget.monthly_usd is 0, expected an amount to notify budget.emails about;",
    "stream: {mode: serverless}": "stream.mode is 'serverless'; use one of: on_demand, provisioned.",
    "stream: {retention_hours: 12}": "stream.retention_hours is 12, but must be 24 or more; raise it.",
    "stream: {mode: on_demand, shards: 2}": "stream.shards is 2, but stream.mode is on_demand, which chooses the number",
    "live: {parallelization_factor: 2}": "live.parallelization_factor is 2, expected 1, since a shard has one checkpoint,",
    "live: {windows: 10}": "live.windows is 10, but must be a list; write each item on its own line after a dash.",
    "live: {windows: [ten]}": "live.windows[0] is 'ten', but must be a whole number; write digits only, without quotes.",
    "live: {windows: [0, 60]}": "live.windows[0] is 0, but must be 1 or more; raise it.",
    "live: {windows: []}": "live.windows is [], expected seconds in ascending order,",
    "live: {windows: [60, 10]}": "live.windows is [60, 10], expected seconds in ascending order, each a multiple of the first,",
    "live: {windows: [10, 45]}": "live.windows is [10, 45], expected seconds in ascending order, each a multiple of the first,",
    "stream: {shards: 3}\nfunctions: {live_concurrency: 2}": "functions.live_concurrency is 2, expected 3 or more, one for each",
    "api: {throttle_rate: 20000}": "api.throttle_rate is 20000, but must be 10000 or less; lower it.",
    "api: {allowed_origins: [shop.example.com]}": "api.allowed_origins[0] is 'shop.example.com', but must be an origin, such as",
    "api: {allowed_origins: ['*', 'https://a.example']}": "api.allowed_origins has `*`, which includes every other origin;",
    "api: {currency: euro}": "api.currency is 'euro', but must be a currency code of ISO 4217, such as EUR",
    "api: {allowed_origins: []}": "api.allowed_origins is empty, so no page could send events; add an origin,",
    "removal: destroy": "removal is destroy, which also needs -c allow_data_deletion=true; add it",
    "name: other": "name cannot be set in a file; use the command line: -c name=other.",
    "- day": "holds no mapping; write settings such as `partition_grain: day`, one per line.",
    "jobs: {workers: 2": "not valid YAML",
    "govern: true\ngovern: false": "not valid YAML (the key govern is written twice)",
}


@pytest.mark.parametrize("text", WRONG)
def test_an_invalid_file_is_refused_with_one_sentence(text: str, tmp_path: Path) -> None:
    # GIVEN
    file = tmp_path / "lake.yaml"
    file.write_text(text)
    # WHEN
    with pytest.raises(LakeError) as refusal:
        LakeConfig.load(env="dev", file=file)
    # THEN
    assert WRONG[text] in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith((".", "?"))


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"env": "staging"}, "-c: env is 'staging'; use one of: dev, prod."),
        ({"enc": "prod"}, "-c enc=prod: expected one of env, name, allow_data_deletion, config; did you mean env?"),
        ({"networking": "private"}, "set it in a file and pass -c config=FILE."),
        ({"name": "My Lake"}, "-c: name is 'My Lake', but must be 2 to 30 of a-z, 0-9 and -, such as shoplake; fix it."),
        (
            {"allow_data_deletion": "yes"},
            "-c: allow_data_deletion is 'yes', but must be true or false; write one of them.",
        ),
        ({"config": "no/such.yaml"}, "config: no/such.yaml: cannot be read (No such file or directory); pass a YAML"),
    ],
)
def test_an_invalid_argument_is_refused_with_one_sentence(context: dict[str, str], sentence: str) -> None:
    with pytest.raises(LakeError) as refusal:
        LakeConfig.from_context(context)

    assert sentence in str(refusal.value)


def test_an_object_lock_forbids_data_deletion() -> None:
    with pytest.raises(LakeError, match="object_lock_days is 5, which forbids deleting raw data; expected 0"):
        LakeConfig.load(overrides={"removal": "destroy", "allow_data_deletion": True, "object_lock_days": 5})


def test_data_is_deleted_only_with_both_settings() -> None:
    assert not LakeConfig.load().deletes_data
    assert not LakeConfig.load(overrides={"allow_data_deletion": True}).deletes_data
    assert LakeConfig.load(overrides={"allow_data_deletion": True, "removal": "destroy"}).deletes_data


def test_a_file_overrides_packaged_settings_and_the_command_line_overrides_the_file(tmp_path: Path) -> None:
    # GIVEN
    file = tmp_path / "lake.json"
    file.write_text('{"partition_grain": "day", "retention": {"logs": 7}, "region": "eu-central-1"}')
    # WHEN
    config = LakeConfig.from_context(
        {"config": str(file), "name": "lake-x", "allow_data_deletion": "true", "aws:cdk:bundling-stacks": []}
    )
    # THEN
    assert (config.partition_grain, config.region, config.allow_data_deletion) == ("day", "eu-central-1", True)
    assert (config.retention.logs, config.retention.access_logs) == (7, 90)
    assert (config.prefix, config.database("curated")) == ("lake-x-dev", "lake_x_dev_curated")


def test_packaged_settings_are_valid_and_immutable() -> None:
    dev, prod = LakeConfig.load(env="dev"), LakeConfig.load(env="prod")

    assert (dev.schedule.enabled, prod.schedule.enabled) == (False, True)
    assert (dev.removal, prod.removal) == ("retain", "retain")
    assert (dev.region, prod.region) == (None, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        dev.env = "prod"
    with pytest.raises(TypeError):
        dev.tags["owner"] = "me"


def test_the_app_exits_with_the_sentence_and_no_traceback() -> None:
    # WHEN
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": '{"env": "qa"}'},
        capture_output=True,
        text=True,
        check=False,
    )
    # THEN
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "-c: env is 'qa'; use one of: dev, prod.\n"


def test_prod_is_not_deployed_without_an_address_for_alerts(tmp_path: Path) -> None:
    # GIVEN the settings of a deployment, as the CDK reads them
    (tmp_path / "address.yaml").write_text("alarms: {emails: [data@example.com]}\n")
    (tmp_path / "none.yaml").write_text("alarms: {no_emails: true}\n")
    # WHEN / THEN
    with pytest.raises(
        UsageError, match=r"^prod: alarms\.emails is empty, so nobody receives alerts; add an address .*no_emails"
    ):
        LakeConfig.from_context({"env": "prod"})
    for name in ("address", "none"):
        assert LakeConfig.from_context({"env": "prod", "config": str(tmp_path / f"{name}.yaml")}).env == "prod"
    assert LakeConfig.from_context({"env": "dev"}).alarms.emails == ()
    with pytest.raises(UsageError, match=r"^dev: alarms\.no_emails is true, but alarms\.emails has addresses"):
        LakeConfig.load(overrides={"alarms": {"emails": ["a@example.com"], "no_emails": True}})


def test_records_are_given_up_before_the_stream_drops_them() -> None:
    # An event source mapping's maximum record age is at most 604,800 seconds.
    ages = {hours: LakeConfig.load(overrides={"stream": {"retention_hours": hours}}).stream for hours in (24, 48, 8760)}
    assert {hours: stream.longest_record_age for hours, stream in ages.items()} == {24: 82_800, 48: 169_200, 8760: 604_800}
    assert all(stream.longest_record_age < hours * 3600 for hours, stream in ages.items())
