"""The role of all SageMaker jobs of the models: feature tables in, model files and scores out."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.code_asset import readable
from stacks.constructs.glue_network import GlueNetwork
from stacks.constructs.role import LakeRole
from stacks.constructs.zone_access import LIST, READ
from stacks.pipelines import PIPELINES
from stacks.pipelines.image import REPOSITORY
from stacks.storage import Storage

ADD = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")
PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
JOBS = (
    "sagemaker:AddTags",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "sagemaker:DescribeProcessingJob",
    "sagemaker:DescribeTrainingJob",
    "sagemaker:StopProcessingJob",
    "sagemaker:StopTrainingJob",
)
REGISTER = (
    "sagemaker:AddTags",
    "sagemaker:CreateModelPackage",
    "sagemaker:DescribeModelPackage",
    "sagemaker:DescribeModelPackageGroup",
)
LOGGING = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
# EC2 supports no resources for these.
DESCRIBE = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


class ModelRole(LakeRole):
    """It passes only itself, and only to SageMaker. Pipelines create jobs and versions with it; jobs read and write with it."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig) -> None:
        super().__init__(
            scope,
            id_,
            assumed_by="sagemaker.amazonaws.com",
            description=f"{config.prefix}: role of the SageMaker pipelines and jobs",
        )

    def allow_all(self, *, groups: list[str], storage: Storage, code: assets.Asset, registry: str) -> None:
        """Everything but the network. `registry` is the account that owns the image."""
        self._allow_data(storage, code)
        stack = cdk.Stack.of(self)

        def arn(kind: str, name: str) -> str:
            return stack.format_arn(service="sagemaker", resource=kind, resource_name=name)

        jobs = [arn(kind, "pipelines-*") for kind in ("processing-job", "training-job")]
        self.allow(JOBS, jobs, wildcard="Pipelines choose the names of their jobs; all begin with pipelines-.")
        versions = [arn("model-package", f"{group}/*") for group in groups]
        self.allow(
            REGISTER,
            [*[arn("model-package-group", group) for group in groups], *versions],
            wildcard="Versions of a group are numbered as they are registered.",
        )
        self.allow(["iam:PassRole"], [self.role_arn], StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"})
        image = stack.format_arn(service="ecr", account=registry, resource="repository", resource_name=REPOSITORY)
        self.allow(PULL, [image])
        logs = stack.format_arn(
            service="logs", resource="log-group", resource_name="/aws/sagemaker/*", arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
        )
        self.allow(LOGGING, [logs], wildcard="SageMaker chooses the groups of its jobs' logs, which hold no data of the lake.")
        self.allow(
            ["ecr:GetAuthorizationToken"],
            ["*"],
            wildcard="The token does not support resources; it opens only images that the role may pull. Metrics are limited to "
            "SageMaker's namespaces by a condition.",
        )
        self.allow(["cloudwatch:PutMetricData"], ["*"], StringLike={"cloudwatch:namespace": ["/aws/sagemaker/*"]})

    def _allow_data(self, storage: Storage, code: assets.Asset) -> None:
        curated = storage.curated
        tables = sorted({table for own in PIPELINES.values() for table in own.read})
        self.allow(LIST, [curated.bucket_arn])
        self.allow(
            READ,
            [curated.arn_for_objects(f"{table}/*") for table in tables],
            wildcard="Training and scoring read whole tables of a source, in files whose names Spark chooses.",
        )
        self.allow(
            ADD,
            [curated.arn_for_objects(f"{folder}/*") for folder in ("_models", "_scores")],
            wildcard="Jobs write model files and scores below these two folders, which no table uses.",
        )
        self.allow(READ, [readable(code)])
        self.allow(["s3:ListBucket"], [code.bucket.bucket_arn], StringLike={"s3:prefix": "*.zip"})
        self.allow(["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], [storage.key.key_arn])
        # For the volumes of the instances.
        self.allow(["kms:CreateGrant"], [storage.key.key_arn], Bool={"kms:GrantIsForAWSResource": "true"})

    def allow_network(self, network: GlueNetwork) -> None:
        """SageMaker creates network interfaces of its jobs in the lake's subnets."""
        self.allow(DESCRIBE, ["*"])
        network.allow_interfaces(
            self,
            remove=["ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission"],
            wildcard="SageMaker creates network interfaces when a job starts, so their IDs are not known before. It can only "
            "create, share and delete them in the lake's subnets.",
        )
