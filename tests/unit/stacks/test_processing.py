"""The deployed Glue jobs, the batch and its schedule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from glue_jobs.manifest import JOBS
from tests.support.deployments import Deployment, Synthesize
from tests.support.lazy import lazy

Match = lazy("aws_cdk.assertions", "Match")
Template = lazy("aws_cdk.assertions", "Template")


@pytest.fixture(scope="module")
def processing(dev: Deployment) -> Template:
    return dev.template("processing")


def jobs(deployment: Deployment) -> dict[str, dict[str, Any]]:
    return {job["Properties"]["Name"]: job["Properties"] for job in deployment.resources("AWS::Glue::Job")}


def test_every_job_runs_on_glue_5_1(dev: Deployment) -> None:
    # GIVEN / WHEN
    by_name = jobs(dev)
    # THEN
    assert sorted(by_name) == sorted(f"shoplake-dev-{job.name}" for job in JOBS)
    for job in by_name.values():
        assert (job["GlueVersion"], job["Command"]["Name"], job["Command"]["PythonVersion"]) == ("5.1", "glueetl", "3")
        assert (job["WorkerType"], job["NumberOfWorkers"], job["Timeout"]) == ("G.1X", 2, 120)
        assert (job["MaxRetries"], job["ExecutionProperty"]) == (0, {"MaxConcurrentRuns": 1})
        assert job["NotificationProperty"] == {"NotifyDelayAfter": 60}


def test_job_sizes_come_from_the_config(synthesize: Synthesize) -> None:
    sized = synthesize(jobs={"worker_type": "G.4X", "workers": 7, "timeout_minutes": 33}, alarms={"job_minutes": 20})
    for job in jobs(sized).values():
        assert (job["WorkerType"], job["NumberOfWorkers"], job["Timeout"]) == ("G.4X", 7, 33)
        assert job["NotificationProperty"] == {"NotifyDelayAfter": 20}


def test_a_jobs_default_arguments(dev: Deployment) -> None:
    arguments = jobs(dev)["shoplake-dev-conform"]["DefaultArguments"]
    zones = {name: json.dumps(arguments[name]) for name in ("--raw", "--processed", "--curated")}
    for zone, value in zones.items():
        assert "s3://" in value
        assert f"ExportsOutputRef{zone[2:].capitalize()}" in value
    fixed = {name: value for name, value in arguments.items() if isinstance(value, str)}
    assert fixed == {
        "--custom-logGroup-prefix": "/shoplake-dev/conform",
        "--enable-auto-scaling": "true",
        "--enable-continuous-cloudwatch-log": "true",
        "--enable-continuous-log-filter": "true",
        "--enable-job-insights": "true",
        "--enable-metrics": "",
        "--enable-observability-metrics": "true",
        "--enable-spark-ui": "true",
        "--first_date": "2009-01-01",
        "--job-bookmark-option": "job-bookmark-disable",
        "--job-language": "python",
        "--last_date": "2035-12-31",
        "--metrics_namespace": "shoplake-dev",
        "--partition_grain": "month",
    }
    assert arguments["--metrics_region"] == {"Ref": "AWS::Region"}
    assert "/spark-ui/conform/" in json.dumps(arguments["--spark-event-logs-path"])


def test_a_job_is_deployed_as_two_zips_and_a_script(dev: Deployment) -> None:
    assets = json.loads((dev.folder / "shoplake-dev-processing.assets.json").read_text())["files"].values()
    shipped = sorted(file["source"]["path"].rsplit(".", 1)[1] for file in assets if file["source"]["packaging"] == "file")
    assert shipped == ["json", *["py"] * len(JOBS), "zip", "zip"]  # the json is the template
    for job in jobs(dev).values():
        assert json.dumps(job["DefaultArguments"]["--extra-py-files"]).count(".zip") == 2


def test_jobs_encrypt_with_the_lakes_key(processing: Template) -> None:
    key = {"KmsKeyArn": {"Fn::ImportValue": Match.string_like_regexp("storage:ExportsOutputFnGetAttKey")}}
    processing.has_resource_properties(
        "AWS::Glue::SecurityConfiguration",
        {
            "Name": "shoplake-dev-jobs",
            "EncryptionConfiguration": {
                "S3Encryptions": [{"S3EncryptionMode": "SSE-KMS", **key}],
                "CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS", **key},
                "JobBookmarksEncryption": {"JobBookmarksEncryptionMode": "CSE-KMS", **key},
            },
        },
    )
    processing.all_resources_properties("AWS::Glue::Job", {"SecurityConfiguration": {"Ref": Match.any_value()}})


def test_log_groups_have_the_names_that_glue_derives(dev: Deployment) -> None:
    # GIVEN Glue's scheme: prefix, security configuration, role
    names = [
        json.dumps(group["Properties"]["LogGroupName"]) for group in dev.resources("AWS::Logs::LogGroup", stack="processing")
    ]
    # THEN
    for job in ("conform", "marts"):
        for stream in ("output", "error"):
            assert any(f'"/shoplake-dev/{job}/"' in name and "-role/" in name and f'/{stream}"' in name for name in names)


def test_every_log_group_of_every_stack_is_encrypted_and_expires(variant: Deployment) -> None:
    groups = variant.resources("AWS::Logs::LogGroup")
    days = {"dev": 30, "prod": 365}[variant.config.env]
    assert len(groups) >= 5
    for group in groups:
        assert group["Properties"]["RetentionInDays"] == days
        assert "KmsKeyId" in group["Properties"]


def test_logs_are_kept_at_least_as_long_as_configured(synthesize: Synthesize) -> None:
    # GIVEN a retention that CloudWatch does not offer
    kept = synthesize(retention={"logs": 100})
    assert {group["Properties"]["RetentionInDays"] for group in kept.resources("AWS::Logs::LogGroup")} == {120}


def test_metrics_do_not_depend_on_lines_of_a_log(variant: Deployment) -> None:
    assert variant.resources("AWS::Logs::MetricFilter") == []


def test_the_batch_is_logged_traced_and_encrypted(processing: Template) -> None:
    processing.has_resource_properties(
        "AWS::StepFunctions::StateMachine",
        {
            "LoggingConfiguration": {"Level": "ALL", "Destinations": Match.any_value()},
            "TracingConfiguration": {"Enabled": True},
            "EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": Match.any_value()},
        },
    )


@pytest.mark.parametrize(("env", "state"), [("dev", "DISABLED"), ("prod", "ENABLED")])
def test_the_schedule_is_enabled_in_prod_only(synthesize: Synthesize, env: str, state: str) -> None:
    synthesize(env).template("processing").has_resource_properties(
        "AWS::Scheduler::Schedule",
        {"State": state, "ScheduleExpression": "cron(0 4 * * ? *)", "KmsKeyArn": Match.any_value()},
    )


def test_the_schedule_has_a_time_zone(synthesize: Synthesize) -> None:
    local = synthesize("prod", schedule={"cron": "30 2 * * ? *", "timezone": "Europe/Berlin"})
    local.template("processing").has_resource_properties(
        "AWS::Scheduler::Schedule", {"ScheduleExpression": "cron(30 2 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin"}
    )


def test_alerts_are_encrypted_and_sent_to_the_configured_addresses(synthesize: Synthesize) -> None:
    template = synthesize(alarms={"emails": ["data@example.com"]}).template("processing")
    template.has_resource_properties("AWS::SNS::Topic", {"KmsMasterKeyId": Match.any_value()})
    template.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "data@example.com"})
    refused = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    statements = Match.array_with([Match.object_like(refused)])
    template.has_resource_properties("AWS::SNS::TopicPolicy", {"PolicyDocument": {"Statement": statements}})


def test_prod_without_an_alert_address_is_reported_at_synth(synthesize: Synthesize) -> None:
    # GIVEN prod without and with an address, prod that needs none, and dev without
    silent, heard, dev = synthesize("prod"), synthesize("prod", alarms={"emails": ["data@example.com"]}), synthesize()
    elsewhere = synthesize("prod", alarms={"no_emails": True})
    # WHEN
    warnings = [
        entry["data"]
        for deployment in (silent, heard, elsewhere, dev)
        for file in deployment.folder.glob("*.metadata.json")
        for entries in json.loads(file.read_text()).values()
        for entry in entries
        if entry["type"] == "aws:cdk:warning" and "alarms.emails" in entry["data"]
    ]
    # THEN
    (warning,) = warnings
    assert warning.startswith("shoplake-prod: alarms.emails is empty, so nobody receives alerts; add an address to the settings")


def test_jobs_batch_and_topic_are_outputs(processing: Template) -> None:
    for name in ("ConformJob", "MartsJob", "BatchStateMachine", "AlertTopic"):
        processing.has_output(name, {"Value": Match.any_value()})


def test_cloudwatch_may_use_the_key(dev: Deployment) -> None:
    (key,) = dev.resources("AWS::KMS::Key")
    services = {
        json.dumps(statement["Principal"].get("Service")): statement.get("Condition")
        for statement in key["Properties"]["KeyPolicy"]["Statement"]
    }
    assert [bool(condition) for name, condition in services.items() if "logs." in name and "delivery" not in name] == [True]
    assert services['"cloudwatch.amazonaws.com"'] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
