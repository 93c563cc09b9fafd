"""A deployment's settings: what they may say, and the one sentence for each thing they may not."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.errors import LakeError
from stacks.config import LakeConfig

ROOT = Path(__file__).parents[3]

# What stands in the file, and the sentence that it earns.
WRONG = {
    "partition_grian: day": "partition_grian is not a setting; did you mean partition_grain?",
    "retention: {log: 3}": "retention.log is not a setting; did you mean logs?",
    "zebra: 1": "zebra is not a setting; use one of: alarms, allow_data_deletion, budget,",
    "partition_grain: week": "partition_grain is 'week', expected month or day;",
    "partition_grain: 2": "partition_grain is 2, expected text; write it so.",
    "networking: public": "networking is 'public', expected none or private;",
    "removal: delete": "removal is 'delete', expected retain or destroy;",
    "govern: 'yes'": "govern is 'yes', expected true or false; write it so.",
    "data_events: 1": "data_events is 1, expected true or false; write it so.",
    "scan_limit_gb: 0": "scan_limit_gb is 0, expected 1 or more; raise it.",
    "scan_limit_gb: true": "scan_limit_gb is True, expected a whole number; write it so.",
    "scan_limit_gb: 20000": "scan_limit_gb is 20000, expected 10000 or less; lower it.",
    "region: Frankfurt": "region is 'Frankfurt', expected an AWS region, such as eu-central-1; mend it.",
    "first_date: 2020-01-01": "first_date is datetime.date(2020, 1, 1), expected text; write it so.",
    "first_date: '2020-13-01'": "first_date is '2020-13-01', expected a date in quotes, such as '2009-01-01'; mend it.",
    "last_date: '2001-01-01'": "last_date is 2001-01-01, expected a date after first_date: 2009-01-01; mend one of them.",
    "extra_sources: my_shop": "extra_sources is 'my_shop', expected a list; write it so.",
    "extra_sources: [My Shop]": "extra_sources[0] is 'My Shop', expected lower_snake_case, such as my_shop; mend it.",
    "tags: [team]": "tags is ['team'], expected a mapping of text to text; write it so.",
    "tags: {cost: 12}": "tags.cost is 12, expected text; put it in quotes.",
    "tags: {'aws:x': y}": "tags is 'aws:x', expected a tag of AWS,",
    "retention: 30": "retention is 30, expected a mapping; indent its settings below it.",
    "retention: {raw_to_infrequent: 10}": "retention.raw_to_infrequent is 10, expected 30 or more; raise it.",
    "retention: {raw_to_infrequent: 170}": "retention.raw_to_archive is 180, expected 200 or more, since S3",
    "object_lock_days: 20": "retention.noncurrent_versions is 7, expected 20 or more, since object_lock_days",
    "jobs: {workers: 1}": "jobs.workers is 1, expected 2 or more; raise it.",
    "jobs: {worker_type: Z.1X}": "jobs.worker_type is 'Z.1X', expected G.1X or G.2X or G.4X or G.8X;",
    "jobs: {timeout_minutes: 30}": "alarms.job_minutes is 60, expected less than jobs.timeout_minutes: 30,",
    "schedule: {enabled: true}": "schedule.timezone is missing, expected an IANA time zone where schedule.enabled is true;",
    "schedule: {timezone: CEST+1}": "schedule.timezone is 'CEST+1', expected an IANA time zone, such as Europe/Berlin; mend it.",
    "schedule: {cron: 0 4 * * *}": "schedule.cron is '0 4 * * *', expected six cron fields, such as 0 4 * * ? *; mend it.",
    "alarms: {quarantine_ratio: 5}": "alarms.quarantine_ratio is 5, expected 1 or less; lower it.",
    "alarms: {emails: [nobody]}": "alarms.emails[0] is 'nobody', expected an e-mail address, such as data@example.com;",
    "budget: {monthly_usd: 50}": "budget.emails is empty, expected an address to tell of budget.monthly_usd: 50;",
    "budget: {emails: [a@example.com]}": "budget.monthly_usd is 0, expected an amount to tell budget.emails of;",
    "removal: destroy": "removal is destroy, expected a second key with it; add -c allow_data_deletion=true",
    "name: other": "name is no setting of a file; give it on the command line: -c name=other.",
    "- day": "holds no mapping; write settings such as `partition_grain: day`, one a line.",
    "jobs: {workers: 2": "not valid YAML",
    "govern: true\ngovern: false": "not valid YAML (the key govern is written twice)",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_refused_in_one_sentence(text: str, tmp_path: Path) -> None:
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
        ({"env": "staging"}, "-c: env is 'staging', expected dev or prod; choose one of them."),
        ({"enc": "prod"}, "-c enc=prod: expected one of env, name, allow_data_deletion, config; did you mean env?"),
        ({"networking": "private"}, "write it into a file and give -c config=FILE."),
        ({"name": "My Lake"}, "-c: name is 'My Lake', expected 2 to 30 of a-z, 0-9 and -, such as shoplake; mend it."),
        ({"allow_data_deletion": "yes"}, "-c: allow_data_deletion is 'yes', expected true or false; write it so."),
        ({"config": "no/such.yaml"}, "config: no/such.yaml cannot be read (No such file or directory); give -c config="),
    ],
)
def test_a_wrong_argument_is_refused_in_one_sentence(context: dict[str, str], sentence: str) -> None:
    with pytest.raises(LakeError) as refusal:
        LakeConfig.from_context(context)

    assert sentence in str(refusal.value)


def test_an_object_lock_forbids_destroying() -> None:
    with pytest.raises(LakeError, match="object_lock_days is 5, which forbids deleting raw data; expected 0"):
        LakeConfig.load(overrides={"removal": "destroy", "allow_data_deletion": True, "object_lock_days": 5})


def test_data_is_deleted_only_where_both_keys_are_turned() -> None:
    assert not LakeConfig.load().deletes_data
    assert not LakeConfig.load(overrides={"allow_data_deletion": True}).deletes_data
    assert LakeConfig.load(overrides={"allow_data_deletion": True, "removal": "destroy"}).deletes_data


def test_a_file_changes_what_it_names_and_the_command_line_has_the_last_word(tmp_path: Path) -> None:
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


def test_what_is_packaged_is_right_and_cannot_be_changed_afterwards() -> None:
    dev, prod = LakeConfig.load(env="dev"), LakeConfig.load(env="prod")

    assert (dev.schedule.enabled, prod.schedule.enabled) == (False, True)
    assert (dev.removal, prod.removal) == ("retain", "retain")
    assert (dev.region, prod.region) == (None, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        dev.env = "prod"
    with pytest.raises(TypeError):
        dev.tags["owner"] = "me"


def test_the_app_ends_in_the_sentence_and_without_a_traceback() -> None:
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
    assert run.stderr == "-c: env is 'qa', expected dev or prod; choose one of them.\n"
