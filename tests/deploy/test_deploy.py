"""The real CDK CLI deploys the lake into a third-party emulator; the tests read the resulting account.

The tests are in the order of the account's life. Properties that the emulator drops (S3's key and lifecycle, a schedule's time
zone and key, a job's concurrency) are asserted on the templates, in tests/unit/stacks.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts import load_all
from glue_jobs.manifest import JOBS
from tests.deploy.cloud import ROOT
from tests.deploy.conftest import PREFIX, Stage

ZONES = ("Raw", "Processed", "Curated", "Results", "AccessLogs")
STACKS = {
    f"{PREFIX}-{name}" for name in ("storage", "catalog", "query", "serving", "processing", "ingest", "live", "api", "observe")
}


def job(stage: Stage, key: str) -> dict[str, Any]:
    return stage.cloud.client("glue").get_job(JobName=stage.outputs[key])["Job"]


def test_every_stack_is_created(deployed: Stage) -> None:
    assert deployed.states == dict.fromkeys(STACKS, "CREATE_COMPLETE")


@pytest.mark.parametrize("zone", ZONES)
def test_a_bucket_blocks_public_access_and_plain_http(deployed: Stage, zone: str) -> None:
    s3, bucket = deployed.cloud.client("s3"), deployed.outputs[f"{zone}Bucket"]
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    denied = [entry for entry in policy["Statement"] if entry["Effect"] == "Deny"]

    assert blocked == dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    assert {"Bool": {"aws:SecureTransport": "false"}} in [entry["Condition"] for entry in denied]
    assert {"NumericLessThan": {"s3:TlsVersion": "1.2"}} in [
        {operator: {key: str(value) for key, value in keys.items()} for operator, keys in entry["Condition"].items()}
        for entry in denied
    ]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


@pytest.mark.parametrize("zone", ["processed", "curated"])
def test_the_catalog_has_every_table_of_the_contracts(deployed: Stage, zone: str) -> None:
    tables = deployed.cloud.client("glue").get_tables(DatabaseName=f"shoplake_dev_{zone}")["TableList"]
    assert {table["Name"] for table in tables} == set(load_all(zone))
    for table in tables:
        assert table["Parameters"]["projection.enabled"] == "true", table["Name"]
        keys = [key["Name"] for key in table["PartitionKeys"]]
        assert [f"projection.{key}.type" for key in keys if f"projection.{key}.type" not in table["Parameters"]] == []
        bucket = deployed.outputs[f"{zone.capitalize()}Bucket"]
        assert table["StorageDescriptor"]["Location"].startswith(f"s3://{bucket}/{table['Name']}")


def test_a_job_has_its_code_and_buckets(deployed: Stage) -> None:
    conform = job(deployed, "ConformJob")
    arguments = conform["DefaultArguments"]

    assert (conform["GlueVersion"], conform["WorkerType"], conform["NumberOfWorkers"]) == ("5.1", "G.1X", 2)
    assert (conform["MaxRetries"], conform["Timeout"], conform["SecurityConfiguration"]) == (0, 120, f"{PREFIX}-jobs")
    for zone in ("raw", "processed", "curated"):
        assert arguments[f"--{zone}"] == f"s3://{deployed.outputs[f'{zone.capitalize()}Bucket']}"
    assert arguments["--partition_grain"] == "month"
    # THEN its code was uploaded
    s3 = deployed.cloud.client("s3")
    for place in [conform["Command"]["ScriptLocation"], *arguments["--extra-py-files"].split(",")]:
        bucket, key = place.removeprefix("s3://").split("/", 1)
        assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 0, place


def test_the_batch_runs_every_job(deployed: Stage) -> None:
    machine = deployed.cloud.client("stepfunctions").describe_state_machine(stateMachineArn=deployed.outputs["BatchStateMachine"])
    jobs = set(re.findall(r'"JobName": ?"([^"]+)"', machine["definition"]))
    assert jobs == {deployed.outputs[f"{job.construct}Job"] for job in JOBS}
    assert json.loads(machine["definition"])["States"]["Marts"]["Next"] == "Analyses"


@pytest.mark.parametrize("reader", ["Analyst", "Bi"])
def test_a_workgroup_enforces_its_settings(deployed: Stage, reader: str) -> None:
    athena = deployed.cloud.client("athena")
    settings = athena.get_work_group(WorkGroup=deployed.outputs[f"{reader}Workgroup"])["WorkGroup"]["Configuration"]
    place = settings["ResultConfiguration"]["OutputLocation"]

    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == 10_000_000_000
    assert place.rstrip("/") == f"s3://{deployed.outputs['ResultsBucket']}/{reader.lower()}"


def test_analysts_have_the_saved_queries(deployed: Stage) -> None:
    athena = deployed.cloud.client("athena")
    ids = athena.list_named_queries(WorkGroup=deployed.outputs["AnalystWorkgroup"])["NamedQueryIds"]
    queries = athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]
    reports = (ROOT / "athena_queries" / "reports").glob("*.sql")
    assert {query["Name"] for query in queries} == {f"{PREFIX}-{report.stem}" for report in reports}


def test_dev_has_no_active_schedule(deployed: Stage) -> None:
    (schedule,) = deployed.cloud.client("scheduler").list_schedules()["Schedules"]
    assert schedule["State"] == "DISABLED"


def test_every_alarm_notifies_the_topic(deployed: Stage) -> None:
    alarms = deployed.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == 25
    for alarm in alarms:
        assert alarm["AlarmActions"] == [deployed.outputs["AlertTopic"]], alarm["AlarmName"]


def test_a_failed_job_is_reported_to_the_topic(deployed: Stage) -> None:
    events = deployed.cloud.client("events")
    found = [events.list_targets_by_rule(Rule=rule["Name"])["Targets"] for rule in events.list_rules()["Rules"]]
    assert [target["Arn"] for targets in found for target in targets] == [deployed.outputs["AlertTopic"]]


def test_every_log_group_has_a_retention(deployed: Stage) -> None:
    groups = deployed.cloud.client("logs").describe_log_groups()["logGroups"]
    own = {group["logGroupName"]: group.get("retentionInDays") for group in groups if PREFIX in group["logGroupName"]}
    assert len(own) == len(JOBS) * 2 + 1 + 5  # two for each job, one for the batch, five of the live path
    assert set(own.values()) == {30}


def test_people_may_assume_only_the_readers_roles(deployed: Stage) -> None:
    roles = deployed.cloud.client("iam").list_roles()["Roles"]
    trusted = {role["Arn"] for role in roles if "AWS" in role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]}
    assert {arn for arn in trusted if "cdk-hnb659fds" not in arn} == {
        deployed.outputs["AnalystRoleArn"],
        deployed.outputs["BiRoleArn"],
    }


def test_after_a_deploy_there_is_no_diff(deployed: Stage) -> None:
    assert "Number of stacks with differences: 0" in deployed.cloud.cdk("diff", "--all", "--fail")


def test_a_change_of_settings_updates_the_stacks(changed: Stage) -> None:
    assert changed.states == {
        **dict.fromkeys(STACKS, "UPDATE_COMPLETE"),
        f"{PREFIX}-network": "CREATE_COMPLETE",
        f"{PREFIX}-govern": "CREATE_COMPLETE",
    }
    assert job(changed, "ConformJob")["NumberOfWorkers"] == 4
    assert len(job(changed, "ConformJob")["Connections"]["Connections"]) == 2


def test_the_schedule_is_switched_on(changed: Stage) -> None:
    scheduler = changed.cloud.client("scheduler")
    (listed,) = scheduler.list_schedules()["Schedules"]
    schedule = scheduler.get_schedule(Name=listed["Name"])
    assert (schedule["State"], schedule["ScheduleExpression"]) == ("ENABLED", "cron(30 3 * * ? *)")


def test_the_private_network_has_no_route_out(changed: Stage) -> None:
    ec2, vpc = changed.cloud.client("ec2"), [{"Name": "vpc-id", "Values": [changed.outputs["VpcId"]]}]
    endpoints = ec2.describe_vpc_endpoints(Filters=vpc)["VpcEndpoints"]
    kinds = sorted(entry["VpcEndpointType"] for entry in endpoints)
    assert kinds == ["Gateway"] * 2 + ["Interface"] * 4
    assert ec2.describe_nat_gateways(Filter=vpc)["NatGateways"] == []
    assert ec2.describe_flow_logs()["FlowLogs"] != []


def test_access_to_objects_is_recorded(changed: Stage) -> None:
    trail = changed.cloud.client("cloudtrail").get_trail(Name=f"{PREFIX}-objects")["Trail"]
    assert trail["LogFileValidationEnabled"] is True
    assert changed.cloud.client("cloudtrail").get_trail_status(Name=f"{PREFIX}-objects")["IsLogging"] is True


def test_the_budget_exists(changed: Stage) -> None:
    budget = changed.cloud.client("budgets").describe_budget(AccountId="123456789012", BudgetName=PREFIX)["Budget"]
    assert float(budget["BudgetLimit"]["Amount"]) == 50


def test_log_retention_follows_the_new_settings(changed: Stage) -> None:
    groups = changed.cloud.client("logs").describe_log_groups()["logGroups"]
    assert {group.get("retentionInDays") for group in groups if PREFIX in group["logGroupName"]} == {14}


def test_destroying_the_stacks_keeps_the_data(destroyed: Stage, changed: Stage) -> None:
    raw = changed.outputs["RawBucket"]
    assert destroyed.states == {}
    assert destroyed.cloud.client("s3").get_object(Bucket=raw, Key="shop/orders/1.csv")["Body"].read() == b"1,2\n"


def test_no_compute_is_left(destroyed: Stage) -> None:
    assert destroyed.cloud.client("glue").get_jobs()["Jobs"] == []
    assert destroyed.cloud.client("stepfunctions").list_state_machines()["stateMachines"] == []
    with pytest.raises(ClientError):
        destroyed.cloud.client("athena").get_work_group(WorkGroup=f"{PREFIX}-bi")


def test_a_destroyed_lake_can_be_deployed_again(redeployed: Stage) -> None:
    assert redeployed.states == dict.fromkeys(STACKS, "CREATE_COMPLETE")


def test_a_failed_first_deploy_is_rolled_back(rolled_back: Stage) -> None:
    assert "AWS::StepFunctions::StateMachine: a fault of the test" in rolled_back.output
    assert rolled_back.states[f"{PREFIX}-processing"] == "ROLLBACK_COMPLETE"
    assert rolled_back.states[f"{PREFIX}-storage"] == "CREATE_COMPLETE"
    assert rolled_back.cloud.client("glue").get_jobs()["Jobs"] == []


def test_after_the_rollback_the_lake_can_be_deployed(repaired: Stage) -> None:
    assert repaired.states == dict.fromkeys(STACKS, "CREATE_COMPLETE")
    assert job(repaired, "ConformJob")["SecurityConfiguration"] == f"{PREFIX}-jobs"


def test_nothing_left_this_machine(redeployed: Stage, repaired: Stage) -> None:
    assert redeployed.cloud.attempts() == []
    assert repaired.cloud.attempts() == []
