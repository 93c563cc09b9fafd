"""The private network as Glue jobs use it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_glue as glue

from stacks.constructs.role import LakeRole

# EC2 supports no resources for these.
DESCRIBE = (
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
)


@dataclass(frozen=True)
class GlueNetwork:
    """A connection per subnet, so that Glue can use any of them, and the security group of all jobs."""

    connections: Sequence[glue.Connection]
    subnets: Sequence[ec2.ISubnet]
    group: ec2.ISecurityGroup

    def grant(self, role: LakeRole) -> None:
        """Let a job's role create network interfaces in these subnets, in this group, and delete them."""
        catalog = cdk.Stack.of(role).format_arn(service="glue", resource="catalog")
        connections = [connection.connection_arn for connection in self.connections]
        role.allow(["glue:GetConnection"], [catalog, *connections])
        role.allow(DESCRIBE, ["*"])
        self.allow_interfaces(
            role,
            remove=["ec2:DeleteNetworkInterface"],
            wildcard="Glue creates network interfaces when a run starts, so their IDs are not known before. They can only be "
            "created, deleted and tagged in the lake's subnets, in its security group.",
        )
        own_tags: dict[str, Any] = {"ForAllValues:StringEquals": {"aws:TagKeys": ["aws-glue-service-resource"]}}
        role.allow(["ec2:CreateTags", "ec2:DeleteTags"], [self._arn(role, "network-interface", "*")], **own_tags)

    def allow_interfaces(self, role: LakeRole, *, remove: Sequence[str], wildcard: str) -> None:
        """Network interfaces only in these subnets and this group. `remove` are the actions on interfaces that exist."""
        interfaces = self._arn(role, "network-interface", "*")
        places = [self._arn(role, "subnet", subnet.subnet_id) for subnet in self.subnets]
        group = self._arn(role, "security-group", self.group.security_group_id)
        role.allow(["ec2:CreateNetworkInterface"], [interfaces, *places, group], wildcard=wildcard)
        role.allow(remove, [interfaces], ArnEquals={"ec2:Subnet": places})

    def _arn(self, role: LakeRole, kind: str, name: str) -> str:
        return cdk.Stack.of(role).format_arn(service="ec2", resource=kind, resource_name=name)
