"""Network: a VPC from which nothing reaches the internet, for Glue jobs that must not either."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.glue_network import GlueNetwork
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.role import LakeRole
from stacks.security import acknowledge
from stacks.stack import LakeStack

AVAILABILITY_ZONES = 2
# Both are free, and keep what they carry off the internet.
GATEWAYS = {"S3": ec2.GatewayVpcEndpointAwsService.S3, "Tables": ec2.GatewayVpcEndpointAwsService.DYNAMODB}
# What a run calls besides S3, each a line of its role in stacks/permissions; one costs about 7 USD a month and zone.
# Not STS: Glue hands a run the credentials of its role, and no job takes another one.
INTERFACES = {
    # The run's connection, and the security configuration by which it encrypts.
    "Glue": ec2.InterfaceVpcEndpointAwsService.GLUE,
    # That configuration names the key; without a way to it Glue's documentation foretells timeouts of encrypted jobs.
    "Keys": ec2.InterfaceVpcEndpointAwsService.KMS,
    # Workers write their logs themselves, and the lines that alarms are made of.
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    # So they do with Glue's own metrics of workers and memory.
    "Metrics": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
}


class Network(LakeStack):
    """Two isolated subnets, the endpoints that jobs need, and `glue`, by which a job is put there."""

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
            reason="Nothing is attached to the VPC's default group: jobs and endpoints have groups of their own; CloudFormation "
            "cannot empty it without a Lambda function that may edit security groups, a larger risk than the group.",
        )
        self._log_flows(config, key)
        self.group = self._job_group()
        self._endpoints()
        self.glue = GlueNetwork(
            connections=[self._connection(config, at, subnet) for at, subnet in enumerate(self.vpc.isolated_subnets, start=1)],
            subnets=self.vpc.isolated_subnets,
            group=self.group,
        )
        self.output("VpcId", self.vpc.vpc_id, "the private network")

    def _log_flows(self, config: LakeConfig, key: kms.IKey) -> None:
        logs = LakeLogs(self, "Flows", config=config, key=key, name=f"/{config.prefix}/network/flows")
        role = LakeRole(
            self,
            "FlowRole",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
            description=f"{config.prefix}: writes the network's flow log",
        )
        role.allow(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], [logs.log_group_arn])
        destination = ec2.FlowLogDestination.to_cloud_watch_logs(logs, role.fixed)
        self.vpc.add_flow_log("FlowLog", destination=destination, traffic_type=ec2.FlowLogTrafficType.ALL)

    def _job_group(self) -> ec2.SecurityGroup:
        """Glue's workers talk to each other on any port, and by TLS to the endpoints; no other way leads out of the VPC."""
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
        # A gateway endpoint is reached by public addresses of S3, which differ from region to region.
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "S3 and DynamoDB by their gateways")
        return group

    def _endpoints(self) -> None:
        for name, service in GATEWAYS.items():
            self.vpc.add_gateway_endpoint(name, service=service)
        group = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="endpoints of AWS services",
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
