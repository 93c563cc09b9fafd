"""The private network: no route out except the endpoints that jobs need."""

from __future__ import annotations

import json

import pytest

from stacks.permissions import written
from tests.support.deployments import Deployment, Synthesize
from tests.support.lazy import lazy

Match = lazy("aws_cdk.assertions", "Match")
Template = lazy("aws_cdk.assertions", "Template")


@pytest.fixture(scope="module")
def private(synthesize: Synthesize) -> Deployment:
    return synthesize(networking="private")


@pytest.fixture(scope="module")
def network(private: Deployment) -> Template:
    return private.template("network")


def test_there_is_no_network_by_default(dev: Deployment) -> None:
    assert dev.resources("AWS::EC2::VPC") == []
    assert dev.resources("AWS::Glue::Connection") == []
    assert [job for job in dev.resources("AWS::Glue::Job") if "Connections" in job["Properties"]] == []


@pytest.mark.parametrize("kind", ["NatGateway", "InternetGateway", "EgressOnlyInternetGateway", "EIP"])
def test_there_is_no_route_to_the_internet(network: Template, kind: str) -> None:
    network.resource_count_is(f"AWS::EC2::{kind}", 0)
    network.resource_count_is("AWS::EC2::Route", 0)
    network.all_resources_properties("AWS::EC2::Subnet", {"MapPublicIpOnLaunch": False})


def test_endpoints_are_exactly_those_that_jobs_call(private: Deployment) -> None:
    endpoints = [resource["Properties"] for resource in private.resources("AWS::EC2::VPCEndpoint")]
    services = {json.dumps(entry["ServiceName"]).rsplit(".", 1)[1].strip('"]} '): entry["VpcEndpointType"] for entry in endpoints}
    assert services == {
        "s3": "Gateway",
        "dynamodb": "Gateway",
        "glue": "Interface",
        "kms": "Interface",
        "logs": "Interface",
        "monitoring": "Interface",
    }
    # Glue creates network interfaces itself, from outside the VPC.
    called = {fact.action.split(":")[0] for fact in written(private.config) if fact.role == "processing/Conform/Role"}
    assert called - {"ec2"} == {"s3", "glue", "kms", "logs", "cloudwatch"}
    for entry in endpoints:
        if entry["VpcEndpointType"] == "Interface":
            assert entry["PrivateDnsEnabled"] is True
            assert len(entry["SubnetIds"]) == 2


def test_endpoints_accept_only_tls_from_jobs(private: Deployment) -> None:
    rules = [resource["Properties"] for resource in private.resources("AWS::EC2::SecurityGroupIngress", stack="network")]
    assert len(rules) == 2
    for rule in rules:
        assert "SourceSecurityGroupId" in rule
        assert "CidrIp" not in rule
    assert sorted((rule["FromPort"], rule["ToPort"]) for rule in rules) == [(0, 65535), (443, 443)]


def test_jobs_reach_each_other_and_tls_endpoints(private: Deployment) -> None:
    rules = [resource["Properties"] for resource in private.resources("AWS::EC2::SecurityGroupEgress", stack="network")]
    # The CDK expresses "no egress" as a rule to an address that does not exist.
    outward = [rule for rule in rules if rule.get("CidrIp", "255.255.255.255/32") != "255.255.255.255/32"]
    assert [(rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in outward] == [("tcp", 443, 443)]


def test_all_traffic_is_logged(network: Template) -> None:
    network.has_resource_properties("AWS::EC2::FlowLog", {"TrafficType": "ALL", "LogDestinationType": "cloud-watch-logs"})


def test_every_job_may_start_in_either_subnet(private: Deployment) -> None:
    connections = [resource["Properties"]["ConnectionInput"] for resource in private.resources("AWS::Glue::Connection")]
    assert [entry["ConnectionType"] for entry in connections] == ["NETWORK", "NETWORK"]
    places = [entry["PhysicalConnectionRequirements"] for entry in connections]
    assert len({json.dumps(place["SubnetId"]) for place in places}) == 2
    assert len({json.dumps(place["SecurityGroupIdList"]) for place in places}) == 1
    private.template("processing").all_resources_properties(
        "AWS::Glue::Job", {"Connections": {"Connections": [Match.any_value(), Match.any_value()]}}
    )
