"""EC2: networks."""

from __future__ import annotations

from offline.twin.service import Service


class Ec2(Service):
    title = "EC2"
    skipped = {
        "AWS::EC2::VPCEndpointServicePermissions": "moto has no such API, and no local traffic uses an endpoint",
        "AWS::EC2::SecurityGroupEgress": "moto has no such type, and no local traffic passes a security group",
    }
