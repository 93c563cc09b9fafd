"""Every statement of every role against the permission table, in both directions."""

from __future__ import annotations

import fnmatch

import pytest

from contracts import load_all
from stacks.permissions import ACTIONS, TABLE, TRUSTED, Fact, written
from tests.support.deployments import Deployment, Synthesize
from tests.support.policies import facts, planted, trusted

# These actions do not support resources, and none of them reads data.
WITHOUT_RESOURCES = (
    "athena:List*",
    "cloudwatch:PutMetricData",
    "ec2:Describe*",
    "glue:GetSecurityConfiguration",
    "logs:*",
    "xray:*",
)


def objects(granted: set[Fact], role: str, *actions: str) -> set[str]:
    """The resources on which a role is allowed any of these actions."""
    return {fact.resource for fact in granted if fact.role == role and fact.action in actions}


def may(granted: set[Fact], role: str, action: str, resource: str) -> bool:
    """IAM's decision: at least one statement allows it, and none denies it."""

    def matches(named: str) -> bool:
        own = [fact for fact in granted if (fact.role, fact.action) == (role, named)]
        return any(fnmatch.fnmatchcase(resource, fact.resource) for fact in own)

    return matches(action) and not matches(f"DENY {action}")


def test_policies_and_permission_table_are_equal(variant: Deployment) -> None:
    granted, table = facts(variant.content), written(variant.config)
    assert sorted(granted - table) == [], "in a policy, but not in stacks/permissions"
    assert sorted(table - granted) == [], "in stacks/permissions, but in no policy"


def test_roles_are_assumed_only_by_the_principals_in_the_table(variant: Deployment) -> None:
    principals = trusted(variant.content)
    assert principals.items() <= TRUSTED.items()
    assert principals.keys() == {fact.role for fact in written(variant.config)}


def test_services_assume_roles_only_on_behalf_of_this_account(synthesize: Synthesize) -> None:
    roles = synthesize("prod", networking="private", govern=True).resources("AWS::IAM::Role")
    statements = [entry for role in roles for entry in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]]
    own_account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    by_service = [entry for entry in statements if "Service" in entry["Principal"]]
    unconditional = {entry["Principal"]["Service"] for entry in by_service if entry.get("Condition") != own_account}
    # AWS documents the condition for all of these but the roles with which CloudTrail and API Gateway write to CloudWatch Logs.
    assert unconditional == {"cloudtrail.amazonaws.com", "apigateway.amazonaws.com"}


def test_no_action_is_a_wildcard_and_no_star_covers_data(variant: Deployment) -> None:
    for fact in facts(variant.content):
        assert "*" not in fact.action, fact
        if fact.resource == "*":
            assert any(fnmatch.fnmatch(fact.action, pattern) for pattern in WITHOUT_RESOURCES), fact
        if fact.action.startswith(("s3:", "kms:")):
            assert fact.resource.startswith(("storage/", "assets/*.")), fact


def test_the_bi_role_reads_only_curated(variant: Deployment) -> None:
    granted = facts(variant.content)
    assert objects(granted, "query/Bi/Role", "s3:GetObject") == {"storage/Curated/*", "storage/Results/bi/*"}
    assert objects(granted, "query/Bi/Role", "s3:PutObject") == {"storage/Results/bi/*"}
    assert objects(granted, "query/Bi/Role", "s3:DeleteObject") == set()
    assert not [name for name in objects(granted, "query/Bi/Role", *ACTIONS["get databases and tables"]) if "processed" in name]


def test_the_analyst_reads_every_table_without_personal_data(variant: Deployment) -> None:
    # GIVEN
    granted, name = facts(variant.content), f"shoplake_{variant.config.env}_processed"
    tables = set(load_all("processed"))
    # WHEN
    read = {
        table for table in tables if may(granted, "query/Analyst/Role", "s3:GetObject", f"storage/Processed/{table}/a.parquet")
    }
    seen = {table for table in tables if may(granted, "query/Analyst/Role", "glue:GetTables", f"glue:table/{name}/{table}")}
    # THEN the text of quarantined rows is out of reach, also in staging
    assert tables - read == tables - seen == {"quarantine"}
    assert not may(granted, "query/Analyst/Role", "s3:GetObject", "storage/Processed/_staging/run/orders/a.parquet")
    assert may(granted, "query/Analyst/Role", "s3:GetObject", "storage/Curated/dim_customer/a.parquet")


def test_with_lake_formation_the_deny_goes_only_after_the_revoke(synthesize: Synthesize) -> None:
    role, table = "query/Analyst/Role", "glue:table/shoplake_dev_processed/quarantine"
    # GIVEN tables that may have been created before, which IAM alone opens
    granted = facts(synthesize(govern=True, encrypt_catalog=True).content)
    assert not may(granted, role, "glue:GetTables", table)
    # WHEN nothing but Lake Formation's grants is left
    revoked = facts(synthesize(govern=True, lf_revoked=True).content)
    # THEN Lake Formation decides, by column; the objects stay out of reach
    assert [fact for fact in revoked if fact.action.startswith("DENY")] == []
    assert may(revoked, role, "glue:GetTables", table)
    assert not may(revoked, role, "s3:GetObject", "storage/Processed/quarantine/a.parquet")


def test_a_job_may_mark_the_folders_of_its_staging_but_not_write_into_others(dev: Deployment) -> None:
    found = facts(dev.content)
    for key in ("_staging/", "_staging_$folder$", "_staging/marts_$folder$", "_staging/marts/run/", "_commits/"):
        assert may(found, "processing/Marts/Role", "s3:PutObject", f"storage/Processed/{key}"), key
    for key in ("_staging/conform/", "_staging/conform_$folder$", "_commits/value/run.json", "orders_$folder$"):
        assert not may(found, "processing/Marts/Role", "s3:PutObject", f"storage/Processed/{key}"), key


def test_conform_cannot_change_raw_or_read_curated(variant: Deployment) -> None:
    granted = facts(variant.content)
    changed = objects(granted, "processing/Conform/Role", "s3:PutObject", "s3:DeleteObject")
    assert changed == {"storage/Processed/*", "storage/Results/spark-ui/conform/*"}
    assert not [fact for fact in granted if fact.role == "processing/Conform/Role" and "Curated" in fact.resource]


def test_marts_cannot_read_raw_or_change_a_processed_table(variant: Deployment) -> None:
    granted = facts(variant.content)
    changed = objects(granted, "processing/Marts/Role", "s3:PutObject", "s3:DeleteObject")
    assert changed == {
        "storage/Curated/*",
        "storage/Processed/_commits/",
        "storage/Processed/_commits_$folder$",
        "storage/Processed/_commits/marts*",
        "storage/Processed/_staging/",
        "storage/Processed/_staging_$folder$",
        "storage/Processed/_staging/marts*",
        "storage/Processed/etl_runs*",
        "storage/Results/spark-ui/marts/*",
    }
    assert not [fact for fact in granted if fact.role == "processing/Marts/Role" and "Raw" in fact.resource]


@pytest.mark.parametrize(
    "settings",
    [
        {"partition_grain": "day"},
        {"removal": "destroy", "allow_data_deletion": True},
        {"removal": "destroy", "allow_data_deletion": True, "data_events": True},
        {"encrypt_catalog": True},
        {"govern": True, "encrypt_catalog": True},
        {"govern": True, "lf_revoked": True},
    ],
)
def test_policies_and_permission_table_are_equal_with_other_settings(synthesize: Synthesize, settings: dict[str, object]) -> None:
    other = synthesize(**settings)
    assert facts(other.content) == written(other.config)
    assert trusted(other.content).items() <= TRUSTED.items()


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": {"Ref": "AWS::StackName"}},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"a": "b"}}},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"},
    ],
)
def test_an_additional_statement_is_detected(dev: Deployment, statement: dict[str, object]) -> None:
    # GIVEN a deployment with one more statement in a policy
    widened = planted(dev.content, "processing", statement)
    # WHEN / THEN
    assert len(facts(widened) - written(dev.config)) == 1


def test_a_missing_statement_is_detected(dev: Deployment) -> None:
    lost = {fact for fact in facts(dev.content) if fact.action != "sns:Publish"}
    publishers = ("live/Live/Role", "processing/Batch/Role", "processing/JobEvents/Role")
    assert written(dev.config) - lost == {Fact(role, "sns:Publish", "processing/AlertTopic") for role in publishers}


def test_the_table_uses_every_group_of_actions() -> None:
    assert {line.may for line in TABLE} == ACTIONS.keys()
    assert {line.role for line in TABLE} == TRUSTED.keys()
