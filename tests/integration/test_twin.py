"""The local stack of one lake: every resource of the app is created, jobs and the batch run, and the results outlive `down`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts import load_all
from offline.lake.local_lake import LocalLake
from offline.twin import client, synth
from offline.twin.client import Twin
from tests.support.lazy import lazy

Items = lazy("offline.twin.services.dynamodb.items", "Items")

pytestmark = pytest.mark.twin

HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
VIEW = "2019-10-01 10:00:0{} UTC,view,p1,c1,tools,acme,10.00,u1,s1"
ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ABORTED")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLake]:
    lake = LocalLake(tmp_path_factory.mktemp("twin") / "my läke")
    yield lake
    client.down(lake.root)


@pytest.fixture(scope="module")
def twin(lake: LocalLake) -> Twin:
    return client.up(lake.root)


def until(state: Any, *, within: float = 240.0) -> Any:
    """Waits for a final state and returns it."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if (now := state()) in ENDED:
            return now
        time.sleep(0.1)
    raise AssertionError(f"still {now} after {within} s")


def run_state(twin: Twin, job: str, run_id: str) -> dict[str, Any]:
    return twin.client("glue").get_job_run(JobName=twin.output(job), RunId=run_id)["JobRun"]


def texts(value: Any) -> Iterator[str]:
    """All strings in a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def test_every_resource_of_every_template_was_created(twin: Twin):
    cloudformation = twin.client("cloudformation")
    for stack in synth.assembly().stacks:
        listed = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack.name).build_full_result()
        created = {resource["LogicalResourceId"]: resource for resource in listed["StackResourceSummaries"]}
        assert created.keys() == stack.template["Resources"].keys()
        for logical, resource in created.items():
            assert resource["PhysicalResourceId"] not in ("", "None", None), f"{stack.name} {logical}"
            assert "None" not in resource["PhysicalResourceId"].split("/")


def tables_of(twin: Twin, database: str) -> list[dict[str, Any]]:
    """The tables of a catalog database without its views, which have no location."""
    listed = twin.client("glue").get_tables(DatabaseName=twin.output(database))["TableList"]
    return [table for table in listed if table.get("TableType") != "VIRTUAL_VIEW"]


def test_every_reference_is_resolved(twin: Twin):
    # GIVEN every place with references: outputs, jobs' arguments, roles' policies, the state machine, tables, alarms
    glue, iam = twin.client("glue"), twin.client("iam")
    jobs = glue.get_jobs()["Jobs"]
    values: dict[str, Any] = {"outputs": twin.record.outputs}
    # --enable-metrics is a switch: it has no value on Glue either.
    values["jobs"] = [{key: value for key, value in job["DefaultArguments"].items() if key != "--enable-metrics"} for job in jobs]
    values["commands"] = [job["Command"] for job in jobs]
    values["machine"] = json.loads(
        twin.client("stepfunctions").describe_state_machine(stateMachineArn=twin.output("BatchStateMachine"))["definition"]
    )
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        values[policy["PolicyName"]] = version["PolicyVersion"]["Document"]
    for role in iam.list_roles()["Roles"]:
        assert iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"], role["RoleName"]
    for database in ("ProcessedDatabase", "CuratedDatabase"):
        tables = tables_of(twin, database)
        values[database] = [[table["StorageDescriptor"]["Location"], table["Parameters"]] for table in tables]
    alarms = twin.client("cloudwatch").describe_alarms()["MetricAlarms"]
    values["alarms"] = [[alarm["AlarmActions"], alarm.get("Dimensions", [])] for alarm in alarms]
    groups = twin.client("athena").list_work_groups()["WorkGroups"]
    values["workgroups"] = [
        twin.client("athena").get_work_group(WorkGroup=group["Name"])["WorkGroup"]["Configuration"]
        for group in groups
        if group["Name"] != "primary"
    ]
    # THEN none is empty or holds an unresolved function
    assert [place for place, value in values.items() if not value] == []
    for place, value in values.items():
        for text in texts(value):
            assert text.strip(), place
            assert "None" not in text.replace("/", ":").split(":"), f"{place}: {text}"
            assert "${" not in text or "projection" in str(value) or "storage.location.template" in str(value), f"{place}: {text}"


def test_the_catalog_has_every_table_of_the_contracts_where_the_jobs_write(twin: Twin):
    for zone, key in (("processed", "ProcessedDatabase"), ("curated", "CuratedDatabase")):
        tables = tables_of(twin, key)
        assert {table["Name"] for table in tables} == set(load_all(zone))
        for table in tables:
            assert table["StorageDescriptor"]["Location"].startswith(f"s3://{twin.record.zones[zone]}/{table['Name']}")


def test_up_again_changes_nothing(lake: LocalLake, twin: Twin):
    assert client.up(lake.root).record == twin.record


def test_a_run_started_by_boto3_really_runs_the_deployed_job(lake: LocalLake, twin: Twin):
    # GIVEN a raw file, uploaded through S3
    body = "\n".join([HEADER, *map(VIEW.format, range(5))]) + "\n"
    key = "rees46/events/ingest_date=2019-11-01/a.csv"
    twin.client("s3").put_object(Bucket=twin.output("RawBucket"), Key=key, Body=body.encode())
    # WHEN
    glue = twin.client("glue")
    run_id = glue.start_job_run(JobName=twin.output("ConformJob"), Arguments={"--source": "rees46"})["JobRunId"]
    # THEN another run of the same job is refused meanwhile
    with pytest.raises(glue.exceptions.ConcurrentRunsExceededException):
        glue.start_job_run(JobName=twin.output("ConformJob"))
    # AND the run succeeds, and its table is in the processed zone
    assert until(lambda: run_state(twin, "ConformJob", run_id)["JobRunState"]) == "SUCCEEDED"
    run = run_state(twin, "ConformJob", run_id)
    assert run["StartedOn"] <= run["CompletedOn"]
    assert run["Arguments"]["--raw"] == f"s3://{twin.output('RawBucket')}"
    listed = twin.client("s3").list_objects_v2(Bucket=twin.output("ProcessedBucket"), Prefix="events/source=rees46/")
    assert {entry["Key"].split("/")[2] for entry in listed["Contents"]} == {"period=2019-10"}


def test_a_failed_run_has_an_error_message(twin: Twin):
    run_id = twin.client("glue").start_job_run(JobName=twin.output("ConformJob"), Arguments={"--source": "mugs"})["JobRunId"]
    assert until(lambda: run_state(twin, "ConformJob", run_id)["JobRunState"]) == "FAILED"
    # The batch does not retry a final error.
    assert run_state(twin, "ConformJob", run_id)["ErrorMessage"].startswith("[usage, final] mugs: ")


def test_a_job_reaches_the_local_stack_and_no_file_but_one_has_the_keys(lake: LocalLake, twin: Twin):
    # GIVEN a job that calls AWS, with the libraries of conform, so that Spark stays warm
    raw = twin.output("RawBucket")
    script = f"import boto3\ndef main(argv):\n    boto3.client('s3').put_object(Bucket='{raw}', Key='_job/done', Body=b'1')\n"
    twin.client("s3").put_object(Bucket=raw, Key="_job/script.py", Body=script.encode())
    libraries = twin.client("glue").get_job(JobName=twin.output("ConformJob"))["Job"]["DefaultArguments"]["--extra-py-files"]
    twin.client("glue").create_job(
        Name="caller",
        Role="r",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://{raw}/_job/script.py"},
        DefaultArguments={"--extra-py-files": libraries},
    )
    # WHEN
    run_id = twin.client("glue").start_job_run(JobName="caller", Arguments={"--extra-py-files": libraries})["JobRunId"]
    run = twin.client("glue").get_job_run
    state = until(lambda: run(JobName="caller", RunId=run_id)["JobRun"]["JobRunState"])
    # THEN
    assert state == "SUCCEEDED", run(JobName="caller", RunId=run_id)["JobRun"].get("ErrorMessage")
    assert twin.client("s3").get_object(Bucket=raw, Key="_job/done")["Body"].read() == b"1"
    keys = [(key or "").encode() for key in (twin.record.access_key, twin.record.secret_key)]
    files = [file for file in lake.root.rglob("*") if file.is_file()]
    assert [file.name for file in files if any(key in file.read_bytes() for key in keys)] == ["twin.json"]


def test_a_run_can_be_stopped(twin: Twin):
    glue, name = twin.client("glue"), twin.output("ConformJob")
    run_id = glue.start_job_run(JobName=name, Arguments={"--full": "true"})["JobRunId"]
    stopped = glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_nothing"])
    assert [run["JobRunId"] for run in stopped["SuccessfulSubmissions"]] == [run_id]
    assert [run["JobRunId"] for run in stopped["Errors"]] == ["jr_nothing"]
    assert until(lambda: run_state(twin, "ConformJob", run_id)["JobRunState"]) == "STOPPED"


@pytest.mark.full
def test_the_deployed_batch_runs_conform_then_marts(twin: Twin):
    states = twin.client("stepfunctions")
    started = states.start_execution(stateMachineArn=twin.output("BatchStateMachine"), input='{"source": "rees46"}')
    arn = started["executionArn"]
    status = until(lambda: states.describe_execution(executionArn=arn)["status"], within=900.0)
    events = states.get_execution_history(executionArn=arn)["events"]
    assert status == "SUCCEEDED", str(events[-1].get("executionFailedEventDetails"))
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if event["type"] == "TaskStateEntered"]
    assert entered[:3] == ["Running", "RunConform", "RunMarts"]
    assert sorted(entered[3:-2]) == ["RunFeatures", "RunProfiling", "RunRecommend", "RunScores", "RunSegment", "RunValue"]
    assert entered[-2:] == ["RunPublish", "RunReconcile"]
    assert events[-1]["type"] == "ExecutionSucceeded"
    listed = twin.client("s3").list_objects_v2(Bucket=twin.output("CuratedBucket"), Prefix="session_daily/source=rees46/")
    assert listed["KeyCount"] > 0


def test_stopping_an_execution_stops_the_job_that_it_waits_for(twin: Twin):
    # GIVEN an execution whose job runs
    states, glue = twin.client("stepfunctions"), twin.client("glue")
    arn = states.start_execution(stateMachineArn=twin.output("BatchStateMachine"), input='{"full": "true"}')["executionArn"]
    job = twin.output("ConformJob")
    started = {run["Id"] for run in glue.get_job_runs(JobName=job)["JobRuns"] if run["JobRunState"] in ENDED}
    runs: list[str] = []
    deadline = time.monotonic() + 60
    while not runs and time.monotonic() < deadline:
        runs = [run["Id"] for run in glue.get_job_runs(JobName=job)["JobRuns"] if run["Id"] not in started]
    # WHEN
    states.stop_execution(executionArn=arn)
    # THEN
    assert until(lambda: run_state(twin, "ConformJob", runs[0])["JobRunState"]) == "STOPPED"
    assert states.describe_execution(executionArn=arn)["status"] == "ABORTED"


@pytest.mark.full
def test_objects_runs_and_executions_outlive_down(lake: LocalLake, twin: Twin):
    # GIVEN a bucket and an object that no stack has created
    twin.client("s3").create_bucket(Bucket="extra")
    twin.client("s3").put_object(Bucket="extra", Key="k", Body=b"v")
    # AND a DynamoDB table, which unlike a bucket comes back only if a stack creates it
    twin.client("dynamodb").create_table(
        TableName="extra",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    twin.client("dynamodb").put_item(TableName="extra", Item={"id": {"S": "w1"}})
    before = twin.client("glue").get_job_runs(JobName=twin.output("ConformJob"))["JobRuns"]
    machine = twin.output("BatchStateMachine")
    executions = twin.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    # WHEN
    assert client.down(lake.root)
    assert not client.down(lake.root)
    with pytest.raises(ProcessLookupError):
        os.kill(twin.record.pid or 0, 0)
    again = client.up(lake.root)
    # THEN names, objects, runs and executions are the same
    assert again.record.outputs == twin.record.outputs
    assert again.client("s3").get_object(Bucket="extra", Key="k")["Body"].read() == b"v"
    after = again.client("glue").get_job_runs(JobName=again.output("ConformJob"))["JobRuns"]
    assert [(run["Id"], run["JobRunState"]) for run in after] == [(run["Id"], run["JobRunState"]) for run in before]
    assert "extra" not in again.client("dynamodb").list_tables()["TableNames"]
    assert list(Items(lake.root / "dynamodb" / "items.sqlite").read("extra")) == [{"id": {"S": "w1"}}]
    kept = again.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert [(run["name"], run["status"]) for run in kept] == [(run["name"], run["status"]) for run in executions]


@pytest.mark.full
def test_the_server_ends_when_its_lake_is_gone(tmp_path: Path):
    # GIVEN a server whose lake is moved away
    lake = LocalLake(tmp_path / "lake")
    pid = client.up(lake.root).record.pid
    (tmp_path / "lake").rename(tmp_path / "gone")
    # THEN the server ends
    deadline = time.monotonic() + 20
    while client._alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not client._alive(pid)
