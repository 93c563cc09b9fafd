"""Network: a VPC without a route to the internet, for Glue jobs that must not have one."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_glue as glue
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.glue_network import GlueNetwork
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.role import LakeRole
from stacks.security import acknowledge
from stacks.stack import LakeStack

AVAILABILITY_ZONES = 2
# Both are free and keep their traffic off the internet.
GATEWAYS = {"S3": ec2.GatewayVpcEndpointAwsService.S3, "Tables": ec2.GatewayVpcEndpointAwsService.DYNAMODB}
# The services that a run calls besides S3, each a line of its role in stacks/permissions. One costs about 7 USD per month and
# availability zone. Not STS: Glue gives a run the credentials of its role, and no job assumes another one.
INTERFACES = {
    # The run reads its connection and its security configuration.
    "Glue": ec2.InterfaceVpcEndpointAwsService.GLUE,
    # The security configuration names the key; Glue's documentation warns of timeouts of encrypted jobs without a route to KMS.
    "Keys": ec2.InterfaceVpcEndpointAwsService.KMS,
    # Workers write their logs themselves.
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    # Workers publish Glue's metrics of workers and memory.
    "Metrics": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
}


class Network(LakeStack):
    """Two isolated subnets, the endpoints that jobs need, and `glue`, which attaches a job to them."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, key: kms.IKey) -> None:
        super().__init__(scope, id_, config=config, description="a private network for the Glue jobs")
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=config.prefix,
            max_azs=AVAILABILITY_ZONES,
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="jobs", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24)
            ],
            restrict_default_security_group=False,
        )
        acknowledge(
            self.vpc.node.find_child("Resource"),
            "VPCDefaultSecurityGroupClosed",
            reason="Nothing uses the VPC's default group: jobs and endpoints have their own groups. Emptying it from "
            "CloudFormation takes a Lambda function that may edit security groups, a larger risk than the unused group.",
        )
        self._log_flows(config, key)
        self.group = self._job_group()
        self._endpoints()
        self.glue = GlueNetwork(
            connections=[self._connection(config, at, subnet) for at, subnet in enumerate(self.vpc.isolated_subnets, start=1)],
            subnets=self.vpc.isolated_subnets,
            group=self.group,
        )
        self.output("VpcId", self.vpc.vpc_id, "VPC of the Glue jobs")

    def _log_flows(self, config: LakeConfig, key: kms.IKey) -> None:
        logs = LakeLogs(self, "Flows", config=config, key=key, name=f"/{config.prefix}/network/flows")
        role = LakeRole(
            self,
            "FlowRole",
            assumed_by="vpc-flow-logs.amazonaws.com",
            description=f"{config.prefix}: writes the VPC flow log",
        )
        role.allow(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], [logs.log_group_arn])
        destination = ec2.FlowLogDestination.to_cloud_watch_logs(logs, role.fixed)
        self.vpc.add_flow_log("FlowLog", destination=destination, traffic_type=ec2.FlowLogTrafficType.ALL)

    def _job_group(self) -> ec2.SecurityGroup:
        """Glue workers reach each other on any port, and endpoints over TLS; the VPC has no other route out."""
        group = ec2.SecurityGroup(
            self,
            "Jobs",
            vpc=self.vpc,
            description="workers of the Glue jobs",
            allow_all_outbound=False,
            disable_inline_rules=True,
        )
        group.add_ingress_rule(group, ec2.Port.all_tcp(), "workers of one job")
        group.add_egress_rule(group, ec2.Port.all_tcp(), "workers of one job")
        # A gateway endpoint uses the service's public addresses, which differ by region.
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "S3 and DynamoDB through gateway endpoints")
        return group

    def _endpoints(self) -> None:
        for name, service in GATEWAYS.items():
            self.vpc.add_gateway_endpoint(name, service=service)
        group = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="interface endpoints of AWS services",
            allow_all_outbound=False,
            disable_inline_rules=True,
        )
        group.add_ingress_rule(self.group, ec2.Port.tcp(443), "workers of the Glue jobs")
        for name, endpoint in INTERFACES.items():
            self.vpc.add_interface_endpoint(name, service=endpoint, security_groups=[group], open=False)

    def _connection(self, config: LakeConfig, number: int, subnet: ec2.ISubnet) -> glue.Connection:
        return glue.Connection(
            self,
            f"Connection{number}",
            connection_name=f"{config.prefix}-jobs-{number}",
            type=glue.ConnectionType.NETWORK,
            network=glue.ConnectionNetwork.subnet(subnet),
            security_groups=[self.group],
        )
