"""The twin of one lake: every resource of the synthesized app is there, jobs and the batch run, and all of it outlasts `down`."""

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

pytestmark = pytest.mark.twin

HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
VIEW = "2019-10-01 10:00:0{} UTC,view,p1,c1,tools,acme,10.00,u1,s1"
ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ABORTED")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLake]:
    home = LocalLake(tmp_path_factory.mktemp("twin") / "lake")
    yield home
    client.down(home.root)


@pytest.fixture(scope="module")
def twin(home: LocalLake) -> Twin:
    return client.up(home.root)


def until(state: Any, *, within: float = 240.0) -> Any:
    """The first state that is an end."""
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
        made = {found["LogicalResourceId"]: found for found in listed["StackResourceSummaries"]}
        assert made.keys() == stack.template["Resources"].keys()
        for logical, found in made.items():
            assert found["PhysicalResourceId"] not in ("", "None", None), f"{stack.name} {logical}"
            assert "None" not in found["PhysicalResourceId"].split("/")


def test_no_reference_was_left_empty(twin: Twin):
    # GIVEN what the references became: outputs, jobs' arguments, roles' policies, the state machine, tables, alarms
    glue, iam = twin.client("glue"), twin.client("iam")
    jobs = glue.get_jobs()["Jobs"]
    found: dict[str, Any] = {"outputs": twin.record.outputs}
    # --enable-metrics is a switch: it has no value on Glue either.
    found["jobs"] = [{key: value for key, value in job["DefaultArguments"].items() if key != "--enable-metrics"} for job in jobs]
    found["commands"] = [job["Command"] for job in jobs]
    found["machine"] = json.loads(
        twin.client("stepfunctions").describe_state_machine(stateMachineArn=twin.output("BatchStateMachine"))["definition"]
    )
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        found[policy["PolicyName"]] = version["PolicyVersion"]["Document"]
    for role in iam.list_roles()["Roles"]:
        assert iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"], role["RoleName"]
    for database in ("ProcessedDatabase", "CuratedDatabase"):
        tables = glue.get_tables(DatabaseName=twin.output(database))["TableList"]
        found[database] = [[table["StorageDescriptor"]["Location"], table["Parameters"]] for table in tables]
    alarms = twin.client("cloudwatch").describe_alarms()["MetricAlarms"]
    found["alarms"] = [[alarm["AlarmActions"], alarm.get("Dimensions", [])] for alarm in alarms]
    groups = twin.client("athena").list_work_groups()["WorkGroups"]
    found["workgroups"] = [
        twin.client("athena").get_work_group(WorkGroup=group["Name"])["WorkGroup"]["Configuration"]
        for group in groups
        if group["Name"] != "primary"
    ]
    # THEN each is a text that names something, and none holds an unresolved function
    assert [place for place, value in found.items() if not value] == []
    for place, value in found.items():
        for text in texts(value):
            assert text.strip(), place
            assert "None" not in text.replace("/", ":").split(":"), f"{place}: {text}"
            assert "${" not in text or "projection" in str(value) or "storage.location.template" in str(value), f"{place}: {text}"


def test_the_catalog_has_every_table_of_the_contracts_where_the_jobs_write(twin: Twin):
    for zone, key in (("processed", "ProcessedDatabase"), ("curated", "CuratedDatabase")):
        tables = twin.client("glue").get_tables(DatabaseName=twin.output(key))["TableList"]
        assert {table["Name"] for table in tables} == set(load_all(zone))
        for table in tables:
            assert table["StorageDescriptor"]["Location"].startswith(f"s3://{twin.record.zones[zone]}/{table['Name']}")


def test_up_again_changes_nothing(home: LocalLake, twin: Twin):
    assert client.up(home.root).record == twin.record


def test_a_run_started_by_boto3_really_runs_the_deployed_job(home: LocalLake, twin: Twin):
    # GIVEN a raw file that is put through S3
    body = "\n".join([HEADER, *map(VIEW.format, range(5))]) + "\n"
    key = "rees46/events/ingest_date=2019-11-01/a.csv"
    twin.client("s3").put_object(Bucket=twin.output("RawBucket"), Key=key, Body=body.encode())
    # WHEN
    glue = twin.client("glue")
    run_id = glue.start_job_run(JobName=twin.output("ConformJob"), Arguments={"--source": "rees46"})["JobRunId"]
    # THEN another run of the same job is refused while it lasts
    with pytest.raises(glue.exceptions.ConcurrentRunsExceededException):
        glue.start_job_run(JobName=twin.output("ConformJob"))
    # AND it ends well, with its times, and its table is in the processed zone
    assert until(lambda: run_state(twin, "ConformJob", run_id)["JobRunState"]) == "SUCCEEDED"
    run = run_state(twin, "ConformJob", run_id)
    assert run["StartedOn"] <= run["CompletedOn"]
    assert run["Arguments"]["--raw"] == f"s3://{twin.output('RawBucket')}"
    listed = twin.client("s3").list_objects_v2(Bucket=twin.output("ProcessedBucket"), Prefix="events/source=rees46/")
    assert {found["Key"].split("/")[2] for found in listed["Contents"]} == {"period=2019-10"}


def test_a_run_that_fails_says_why(twin: Twin):
    run_id = twin.client("glue").start_job_run(JobName=twin.output("ConformJob"), Arguments={"--source": "mugs"})["JobRunId"]
    assert until(lambda: run_state(twin, "ConformJob", run_id)["JobRunState"]) == "FAILED"
    assert "mugs" in run_state(twin, "ConformJob", run_id)["ErrorMessage"]


def test_a_run_can_be_stopped(twin: Twin):
    glue, name = twin.client("glue"), twin.output("ConformJob")
    run_id = glue.start_job_run(JobName=name, Arguments={"--full": "true"})["JobRunId"]
    stopped = glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_nothing"])
    assert [found["JobRunId"] for found in stopped["SuccessfulSubmissions"]] == [run_id]
    assert [found["JobRunId"] for found in stopped["Errors"]] == ["jr_nothing"]
    assert until(lambda: run_state(twin, "ConformJob", run_id)["JobRunState"]) == "STOPPED"


@pytest.mark.full
def test_the_deployed_batch_runs_conform_then_marts(twin: Twin):
    states = twin.client("stepfunctions")
    started = states.start_execution(stateMachineArn=twin.output("BatchStateMachine"), input='{"source": "rees46"}')
    arn = started["executionArn"]
    status = until(lambda: states.describe_execution(executionArn=arn)["status"])
    events = states.get_execution_history(executionArn=arn)["events"]
    assert status == "SUCCEEDED", str(events[-1].get("executionFailedEventDetails"))
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if event["type"] == "TaskStateEntered"]
    assert entered == ["Conform", "Marts", "Segment", "Recommend", "Value", "Profiling"]
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


def test_all_of_it_outlasts_down(home: LocalLake, twin: Twin):
    # GIVEN a bucket and an object that no stack made
    twin.client("s3").create_bucket(Bucket="somebodys")
    twin.client("s3").put_object(Bucket="somebodys", Key="k", Body=b"v")
    # AND a DynamoDB table, which unlike a bucket is there again only if a stack has it
    twin.client("dynamodb").create_table(
        TableName="somebodys",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    twin.client("dynamodb").put_item(TableName="somebodys", Item={"id": {"S": "w1"}})
    before = twin.client("glue").get_job_runs(JobName=twin.output("ConformJob"))["JobRuns"]
    machine = twin.output("BatchStateMachine")
    executions = twin.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    # WHEN
    assert client.down(home.root)
    assert not client.down(home.root)
    with pytest.raises(ProcessLookupError):
        os.kill(twin.record.pid or 0, 0)
    again = client.up(home.root)
    # THEN names, objects, runs and executions are the same
    assert again.record.outputs == twin.record.outputs
    assert again.client("s3").get_object(Bucket="somebodys", Key="k")["Body"].read() == b"v"
    after = again.client("glue").get_job_runs(JobName=again.output("ConformJob"))["JobRuns"]
    assert [(run["Id"], run["JobRunState"]) for run in after] == [(run["Id"], run["JobRunState"]) for run in before]
    assert again.client("dynamodb").list_tables()["TableNames"] == []
    assert (home.root / "dynamodb" / "somebodys.jsonl").read_text() == '{"id": {"S": "w1"}}\n'
    kept = again.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert [(run["name"], run["status"]) for run in kept] == [(run["name"], run["status"]) for run in executions]


def test_a_twin_ends_with_its_lake(tmp_path: Path):
    # GIVEN a twin whose lake is moved away
    home = LocalLake(tmp_path / "lake")
    pid = client.up(home.root).record.pid
    (tmp_path / "lake").rename(tmp_path / "gone")
    # THEN nothing of it is left running
    deadline = time.monotonic() + 20
    while client._alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not client._alive(pid)
