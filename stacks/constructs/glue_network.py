"""How Glue jobs are put into a private network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_glue as glue

from stacks.constructs.role import LakeRole

# Reading what the network looks like; EC2 knows no resources for it.
LOOK = (
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
)


@dataclass(frozen=True)
class GlueNetwork:
    """A connection per subnet, so that Glue may take any of them, and the one security group of all jobs."""

    connections: Sequence[glue.Connection]
    subnets: Sequence[ec2.ISubnet]
    group: ec2.ISecurityGroup

    def grant(self, role: LakeRole) -> None:
        """Lets a job's role put network interfaces into these subnets, under this group, and take away its own."""
        stack = cdk.Stack.of(role)

        def arn(kind: str, name: str) -> str:
            return stack.format_arn(service="ec2", resource=kind, resource_name=name)

        interfaces = arn("network-interface", "*")
        places = [arn("subnet", subnet.subnet_id) for subnet in self.subnets]
        connections = [connection.connection_arn for connection in self.connections]
        role.allow(["glue:GetConnection"], [stack.format_arn(service="glue", resource="catalog"), *connections])
        role.allow(LOOK, ["*"])
        role.allow(
            ["ec2:CreateNetworkInterface"],
            [interfaces, *places, arn("security-group", self.group.security_group_id)],
            wildcard="Glue makes network interfaces when a run starts, so their names are not known before; they are made in the "
            "lake's subnets under its security group, and may only be taken away and marked there.",
        )
        role.allow(["ec2:DeleteNetworkInterface"], [interfaces], ArnEquals={"ec2:Subnet": places})
        glues_own: dict[str, Any] = {"ForAllValues:StringEquals": {"aws:TagKeys": ["aws-glue-service-resource"]}}
        role.allow(["ec2:CreateTags", "ec2:DeleteTags"], [interfaces], **glues_own)
