"""The access trail: CloudTrail records who read, wrote or deleted which object of the lake."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from contracts.zones import Zone
from stacks.config import LakeConfig
from stacks.constructs.bucket import LakeBucket
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.role import LakeRole
from stacks.storage import Storage

SERVICE = "cloudtrail.amazonaws.com"
WATCHED = tuple(Zone)


class ObjectTrail(Construct):
    """A trail of data events only; management events belong in the account's own trail."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, storage: Storage) -> None:
        super().__init__(scope, id_)
        stack = cdk.Stack.of(self)
        name = f"{config.prefix}-objects"
        arn = stack.format_arn(service="cloudtrail", resource="trail", resource_name=name)
        days = cdk.Duration.days(config.retention.access_logs)
        self.bucket = LakeBucket(
            self,
            "Bucket",
            config=config,
            key=storage.key,
            logs=storage.access_logs,
            lifecycle=[s3.LifecycleRule(id="expire-trail", expiration=days)],
        )
        self._allow_delivery(storage, arn)
        logs = LakeLogs(self, "Logs", config=config, key=storage.key, name=f"/{config.prefix}/objects")
        role = LakeRole(
            self, "Role", assumed_by=iam.ServicePrincipal(SERVICE), description=f"{config.prefix}: writes the access trail's log"
        )
        role.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logs.log_group_arn])
        self.trail = cloudtrail.CfnTrail(
            self,
            "Trail",
            trail_name=name,
            is_logging=True,
            is_multi_region_trail=False,
            include_global_service_events=False,
            enable_log_file_validation=True,
            s3_bucket_name=self.bucket.bucket_name,
            kms_key_id=storage.key.key_arn,
            cloud_watch_logs_log_group_arn=logs.log_group_arn,
            cloud_watch_logs_role_arn=role.role_arn,
            advanced_event_selectors=[_selector(storage)],
        )
        # CloudTrail checks its access to both when the trail is created.
        self.trail.node.add_dependency(self.bucket, role)

    def _allow_delivery(self, storage: Storage, arn: str) -> None:
        trail = iam.ServicePrincipal(SERVICE, conditions={"StringEquals": {"aws:SourceArn": arn}})
        for actions, resource in (
            (["s3:GetBucketAcl"], self.bucket.bucket_arn),
            (["s3:PutObject"], self.bucket.arn_for_objects(f"AWSLogs/{cdk.Aws.ACCOUNT_ID}/*")),
        ):
            self.bucket.add_to_resource_policy(iam.PolicyStatement(principals=[trail], actions=actions, resources=[resource]))
        storage.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(SERVICE)],
                actions=["kms:GenerateDataKey*", "kms:DescribeKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceArn": arn}},
            )
        )


def _selector(storage: Storage) -> cloudtrail.CfnTrail.AdvancedEventSelectorProperty:
    field = cloudtrail.CfnTrail.AdvancedFieldSelectorProperty
    zones: list[s3.Bucket] = [getattr(storage, zone) for zone in WATCHED]
    return cloudtrail.CfnTrail.AdvancedEventSelectorProperty(
        name="objects of the lake",
        field_selectors=[
            field(field="eventCategory", equal_to=["Data"]),
            field(field="resources.type", equal_to=["AWS::S3::Object"]),
            field(field="resources.ARN", starts_with=[f"{zone.bucket_arn}/" for zone in zones]),
        ],
    )
