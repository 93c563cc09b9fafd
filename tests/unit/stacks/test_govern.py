"""Lake Formation, if enabled: tags from the contracts, grants by tags, and no way around them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from contracts import load, load_all
from tests.support.deployments import Deployment, Synthesize
from tests.support.lazy import lazy

closed_columns = lazy("stacks.govern", "closed_columns")


@pytest.fixture(scope="module")
def governed(synthesize: Synthesize) -> Deployment:
    return synthesize("prod", networking="private", govern=True)


def properties(deployment: Deployment, kind: str) -> list[dict[str, Any]]:
    return [resource["Properties"] for resource in deployment.resources(f"AWS::LakeFormation::{kind}")]


def test_lake_formation_is_off_by_default(variant: Deployment) -> None:
    assert "govern" not in variant.content
    assert not [
        resource for resource in variant.resources("AWS::Glue::Database") if "CreateTableDefaultPermissions" in str(resource)
    ]


def test_both_zones_are_registered_with_lake_formation(governed: Deployment) -> None:
    opened = properties(governed, "Resource")

    assert len(opened) == 2
    assert all(resource["UseServiceLinkedRole"] is False and "RoleArn" in resource for resource in opened)
    for database in governed.resources("AWS::Glue::Database"):
        assert database["Properties"]["DatabaseInput"]["CreateTableDefaultPermissions"] == []


def test_lake_formation_is_changed_one_resource_at_a_time(governed: Deployment) -> None:
    # GIVEN what each resource waits for, directly or not
    resources = governed.content["govern"]["Resources"]
    own = {id_ for id_, resource in resources.items() if resource["Type"].startswith("AWS::LakeFormation::")}

    def waits_for(id_: str) -> set[str]:
        direct = {other for other in resources[id_].get("DependsOn", []) if other in own}
        return direct.union(*[waits_for(other) for other in direct])

    # THEN their order is total, and begins with the administrator
    order = sorted(own, key=lambda id_: len(waits_for(id_)))
    assert [len(waits_for(id_)) for id_ in order] == list(range(len(own)))
    kinds = [resources[id_]["Type"].rsplit("::", 1)[-1] for id_ in order]
    assert list(dict.fromkeys(kinds)) == ["DataLakeSettings", "Resource", "Tag", "TagAssociation", "PrincipalPermissions"]


def test_the_deploying_role_becomes_an_administrator_next_to_others(governed: Deployment, synthesize: Synthesize) -> None:
    (settings,) = properties(governed, "DataLakeSettings")
    assert settings["MutationType"] == "APPEND"
    (admin,) = settings["Admins"]
    assert "role/cdk-hnb659fds-cfn-exec-role-" in str(admin["DataLakePrincipalIdentifier"])
    assert properties(synthesize(govern=True, lf_admin="existing"), "DataLakeSettings") == []


def test_columns_are_tagged_with_their_contracts_classification(governed: Deployment) -> None:
    # GIVEN
    tagged = {
        (resource["Resource"]["TableWithColumns"]["Name"], column): resource["LFTags"][0]["TagValues"][0]
        for resource in properties(governed, "TagAssociation")
        if "TableWithColumns" in resource["Resource"]
        for column in resource["Resource"]["TableWithColumns"]["ColumnNames"]
    }
    # THEN
    assert tagged["quarantine", "raw_text"] == "personal"
    assert tagged["fct_order_items", "customer_id"] == "pseudonymous"
    assert tagged == {
        (name, column.name): column.classification
        for name, contract in load_all().items()
        for column in contract.data_columns
        if column.classification != "public"
    }


def test_a_column_without_classification_counts_as_personal() -> None:
    contract = load("dim_date")
    unclassified = dataclasses.replace(contract.columns[0], classification=None)

    changed = dataclasses.replace(contract, columns=(unclassified, *contract.columns[1:]))

    assert dict(closed_columns(contract)) == {}
    assert dict(closed_columns(changed)) == {"personal": ["date"]}


@pytest.mark.parametrize(("reader", "zones"), [("Analyst", ["processed", "curated"]), ("Bi", ["curated"])])
def test_a_reader_is_granted_columns_that_are_not_personal(governed: Deployment, reader: str, zones: list[str]) -> None:
    grants = [
        resource["Resource"]["LFTagPolicy"] | {"Permissions": resource["Permissions"]}
        for resource in properties(governed, "PrincipalPermissions")
        if f"{reader}Role" in str(resource["Principal"])
    ]

    assert {grant["ResourceType"]: grant["Permissions"] for grant in grants} == {
        "DATABASE": ["DESCRIBE"],
        "TABLE": ["DESCRIBE", "SELECT"],
    }
    expression = {tag["TagKey"]: tag["TagValues"] for tag in grants[-1]["Expression"]}
    assert expression == {"shoplake-prod-zone": zones, "shoplake-prod-class": ["public", "pseudonymous"]}


def test_a_reader_cannot_read_the_objects_directly(governed: Deployment) -> None:
    for policy in governed.resources("AWS::IAM::ManagedPolicy", stack="query"):
        for entry in policy["Properties"]["PolicyDocument"]["Statement"]:
            if "s3:GetObject" in entry["Action"]:
                assert "Results" in str(entry["Resource"])
                assert not any(zone in str(entry["Resource"]) for zone in ("Curated", "Processed"))
