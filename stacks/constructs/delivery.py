"""Delivery of a Kinesis stream to a folder of the raw zone by Firehose."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.role import LakeRole
from stacks.security import acknowledge
from stacks.storage import Storage

DATE = "ingest_date=!{timestamp:yyyy-MM-dd}/"
FOLDER, UNDELIVERED = "stream/events/", "undelivered/stream/"
READ_STREAM = ("kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards")
BUCKET = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
ADD = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")


class RawDelivery(Construct):
    """Gzip files by ingest date; what Firehose cannot deliver goes to a folder that no source reads."""

    def __init__(
        self, scope: Construct, id_: str, *, stream: kinesis.Stream, name: str, config: LakeConfig, storage: Storage
    ) -> None:
        super().__init__(scope, id_)
        group = LakeLogs(self, "Logs", config=config, key=storage.key, name=f"/aws/kinesisfirehose/{name}")
        lines = logs.LogStream(self, "Log", log_group=group, log_stream_name="delivery", removal_policy=cdk.RemovalPolicy.DESTROY)
        role = self._role(stream, group, config, storage)
        self.stream = firehose.CfnDeliveryStream(
            self,
            "Stream",
            delivery_stream_name=name,
            delivery_stream_type="KinesisStreamAsSource",
            kinesis_stream_source_configuration=firehose.CfnDeliveryStream.KinesisStreamSourceConfigurationProperty(
                kinesis_stream_arn=stream.stream_arn, role_arn=role.role_arn
            ),
            extended_s3_destination_configuration=firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                bucket_arn=storage.raw.bucket_arn,
                role_arn=role.role_arn,
                prefix=f"{FOLDER}{DATE}",
                error_output_prefix=f"{UNDELIVERED}!{{firehose:error-output-type}}/{DATE}",
                compression_format="GZIP",
                buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                    size_in_m_bs=config.stream.delivery_mb, interval_in_seconds=config.stream.delivery_seconds
                ),
                encryption_configuration=firehose.CfnDeliveryStream.EncryptionConfigurationProperty(
                    kms_encryption_config=firehose.CfnDeliveryStream.KMSEncryptionConfigProperty(
                        awskms_key_arn=storage.key.key_arn
                    )
                ),
                cloud_watch_logging_options=firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(
                    enabled=True, log_group_name=group.log_group_name, log_stream_name=lines.log_stream_name
                ),
            ),
        )
        # Firehose checks its access to the stream when it is created.
        self.stream.node.add_dependency(role)
        acknowledge(
            self.stream,
            "AwsSolutions-KDF1",
            reason="The records come from a stream that is encrypted with the lake's key; Firehose refuses an encryption of its "
            "own for such a source, and keeps the stream's.",
        )

    def _role(self, stream: kinesis.Stream, group: LakeLogs, config: LakeConfig, storage: Storage) -> LakeRole:
        role = LakeRole(
            self,
            "Role",
            assumed_by="firehose.amazonaws.com",
            description=f"{config.prefix}: delivers the stream to raw",
        )
        role.allow(READ_STREAM, [stream.stream_arn])
        role.allow(BUCKET, [storage.raw.bucket_arn])
        folders = [storage.raw.arn_for_objects(f"{folder}*") for folder in (FOLDER, UNDELIVERED)]
        role.allow(ADD, folders, wildcard="Firehose chooses the names of its objects; it writes to these two folders only.")
        role.allow(["kms:Decrypt", "kms:GenerateDataKey"], [storage.key.key_arn])
        role.allow(["logs:PutLogEvents"], [group.log_group_arn])
        return role
