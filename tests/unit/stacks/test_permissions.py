"""Every statement of every role against the written table, both ways."""

from __future__ import annotations

import fnmatch

import pytest

from stacks.permissions import ACTIONS, TABLE, TRUSTED, Fact, allowed
from tests.support.deployments import Deployment, Synthesize
from tests.support.policies import facts, planted, trusted

# These services know no resources for such calls, and none of them touches data.
WITHOUT_RESOURCES = ("cloudwatch:PutMetricData", "ec2:Describe*", "glue:GetSecurityConfiguration", "logs:*", "xray:*")


def objects(found: set[Fact], role: str, *actions: str) -> set[str]:
    """The resources on which a role may do any of these actions."""
    return {fact.resource for fact in found if fact.role == role and fact.action in actions}


def test_roles_may_do_what_the_table_says_and_nothing_else(variant: Deployment) -> None:
    found, written = facts(variant.content), allowed(variant.config)
    assert sorted(found - written) == [], "policies allow what stacks/permissions.py does not say"
    assert sorted(written - found) == [], "stacks/permissions.py says what no policy allows"


def test_roles_are_taken_only_by_whom_the_table_names(variant: Deployment) -> None:
    found = trusted(variant.content)
    assert found.items() <= TRUSTED.items()
    assert found.keys() == {fact.role for fact in allowed(variant.config)}


def test_no_action_is_a_wildcard_and_no_data_is_meant_by_a_star(variant: Deployment) -> None:
    for fact in facts(variant.content):
        assert "*" not in fact.action, fact
        if fact.resource == "*":
            assert any(fnmatch.fnmatch(fact.action, pattern) for pattern in WITHOUT_RESOURCES), fact
        if fact.action.startswith(("s3:", "kms:")):
            assert fact.resource.startswith(("storage/", "assets/*.")), fact


def test_the_bi_role_reads_curated_and_nothing_else_of_the_lake(variant: Deployment) -> None:
    found = facts(variant.content)
    assert objects(found, "query/Bi/Role", "s3:GetObject") == {"storage/Curated/*", "storage/Results/bi/*"}
    assert objects(found, "query/Bi/Role", "s3:PutObject") == {"storage/Results/bi/*"}
    assert objects(found, "query/Bi/Role", "s3:DeleteObject") == set()
    assert not [name for name in objects(found, "query/Bi/Role", *ACTIONS["look up tables"]) if "processed" in name]


def test_conform_cannot_change_raw_nor_see_curated(variant: Deployment) -> None:
    found = facts(variant.content)
    changed = objects(found, "processing/Conform/Role", "s3:PutObject", "s3:DeleteObject")
    assert changed == {"storage/Processed/*", "storage/Results/spark-ui/conform/*"}
    assert not [fact for fact in found if fact.role == "processing/Conform/Role" and "Curated" in fact.resource]


def test_marts_cannot_see_raw_nor_change_a_processed_table(variant: Deployment) -> None:
    found = facts(variant.content)
    changed = objects(found, "processing/Marts/Role", "s3:PutObject", "s3:DeleteObject")
    assert changed == {
        "storage/Curated/*",
        "storage/Processed/_commits*",
        "storage/Processed/_staging*",
        "storage/Processed/etl_runs*",
        "storage/Results/spark-ui/marts/*",
    }
    assert not [fact for fact in found if fact.role == "processing/Marts/Role" and "Raw" in fact.resource]


@pytest.mark.parametrize(
    "settings",
    [
        {"partition_grain": "day"},
        {"removal": "destroy", "allow_data_deletion": True},
        {"removal": "destroy", "allow_data_deletion": True, "data_events": True},
    ],
)
def test_the_table_holds_for_other_settings_too(synthesize: Synthesize, settings: dict[str, object]) -> None:
    other = synthesize(**settings)
    assert facts(other.content) == allowed(other.config)


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": {"Ref": "AWS::StackName"}},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"a": "b"}}},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"},
    ],
)
def test_one_statement_too_many_is_found(dev: Deployment, statement: dict[str, object]) -> None:
    # GIVEN a deployment in which someone added a statement to a policy
    widened = planted(dev.content, "processing", statement)
    # WHEN / THEN
    assert len(facts(widened) - allowed(dev.config)) == 1


def test_a_statement_that_went_missing_is_found(dev: Deployment) -> None:
    lost = {fact for fact in facts(dev.content) if fact.action != "sns:Publish"}
    assert allowed(dev.config) - lost == {Fact("processing/Batch/Role", "sns:Publish", "processing/Notices")}


def test_the_table_uses_every_group_of_actions() -> None:
    assert {line.may for line in TABLE} == ACTIONS.keys()
    assert {line.role for line in TABLE} == TRUSTED.keys()
