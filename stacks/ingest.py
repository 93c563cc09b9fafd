"""Ingest: the function that takes events, the stream that it writes to, and the delivery of the stream to raw."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert, metric
from stacks.constructs.delivery import RawDelivery
from stacks.constructs.function import FunctionSpec, LakeFunction
from stacks.security import acknowledge
from stacks.stack import LakeStack
from stacks.storage import Storage

# The API waits 29 seconds; the function has to answer before.
TIMEOUT = cdk.Duration.seconds(28)
KEY_LENGTH = 48
UPLOADS = "The function writes refused events, and signs uploads for every source; the rest of a name is the file's."


class Ingest(LakeStack):
    """The `stream`, its `delivery` to raw, the `function` that fills it, and the `server_key` that the API asks for."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, storage: Storage) -> None:
        super().__init__(scope, id_, config=config, description="the stream of events, its delivery to raw, the ingest function")
        self.stream = self._stream(config, storage)
        self.delivery = RawDelivery(
            self, "Delivery", stream=self.stream, name=f"{config.prefix}-events", config=config, storage=storage
        )
        self.server_key = self._secret("ServerKey", "server-key", "the key of the shop's servers", config, storage)
        self.hash_key = self._secret("HashKey", "hash-key", "the key of hashes of personal data", config, storage)
        # Public by nature: it is part of every page. The UUID stays the same until the stack is deleted.
        self.publishable_key = f"pk_{cdk.Fn.select(2, cdk.Fn.split('/', cdk.Aws.STACK_ID))}"
        self.function = self._function(config, storage)
        self.alerts = [*self.function.alerts(), *self._alerts(config)]
        self.output("StreamName", self.stream.stream_name, "Kinesis stream of events")
        self.output("FirehoseName", self.delivery.stream.ref, "Firehose from the stream to raw")
        self.output("PublishableKey", self.publishable_key, "key for pages: it may only post events")
        self.output("ServerKeySecretArn", self.server_key.secret_arn, "secret with the key for servers (ARN)")

    def _stream(self, config: LakeConfig, storage: Storage) -> kinesis.Stream:
        provisioned = config.stream.mode == "provisioned"
        stream = kinesis.Stream(
            self,
            "Stream",
            stream_name=f"{config.prefix}-events",
            stream_mode=kinesis.StreamMode.PROVISIONED if provisioned else kinesis.StreamMode.ON_DEMAND,
            shard_count=config.stream.shards if provisioned else None,
            retention_period=cdk.Duration.hours(config.stream.retention_hours),
            encryption=kinesis.StreamEncryption.KMS,
            encryption_key=storage.key,
            # Raw has the events. A stream that is kept would keep its name, and the next deploy would fail.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(
            stream,
            "AwsSolutions-KDS3",
            reason="One key for all data of the lake, so that disabling it closes everything. Kinesis asks for a data key every "
            "5 minutes, which costs less than a dollar a month for each shard.",
        )
        return stream

    def _secret(self, id_: str, name: str, purpose: str, config: LakeConfig, storage: Storage) -> secretsmanager.Secret:
        secret = secretsmanager.Secret(
            self,
            id_,
            secret_name=f"{config.prefix}-{name}",
            description=f"{config.prefix}: {purpose}",
            encryption_key=storage.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=KEY_LENGTH, exclude_punctuation=True, include_space=False
            ),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        acknowledge(
            secret,
            "AwsSolutions-SMG4",
            "SecretsManagerRotationEnabled",
            reason="The shop's servers and the hashes in raw depend on the value, so a person changes it together with them; "
            "docs/operations.md has the steps.",
        )
        return secret

    def _function(self, config: LakeConfig, storage: Storage) -> LakeFunction:
        spec = FunctionSpec(
            name="ingest",
            title="takes events and uploads",
            environment={
                "STREAM_NAME": self.stream.stream_name,
                "RAW_BUCKET": storage.raw.bucket_name,
                "SERVER_KEY_SECRET": self.server_key.secret_arn,
                "HASH_KEY_SECRET": self.hash_key.secret_arn,
                "PUBLISHABLE_KEY": self.publishable_key,
                "ENVIRONMENT": config.env,
                "ALLOWED_ORIGINS": json.dumps(list(config.api.allowed_origins)),
                "CURRENCY": config.api.currency,
            },
            timeout=TIMEOUT,
            concurrency=config.functions.ingest_concurrency,
        )
        function = LakeFunction(self, "Ingest", spec=spec, config=config, storage=storage)
        function.role.allow(["kinesis:PutRecords"], [self.stream.stream_arn])
        function.role.allow(["secretsmanager:GetSecretValue"], [self.server_key.secret_arn, self.hash_key.secret_arn])
        function.role.allow(["s3:PutObject"], [storage.raw.arn_for_objects("*/ingest_date=*")], wildcard=UPLOADS)
        # Firehose reads from the end of the stream: events put before it exists would never reach raw.
        function.function.node.add_dependency(self.delivery)
        return function

    def _alerts(self, config: LakeConfig) -> list[Alert]:
        stream = {"StreamName": self.stream.stream_name}
        delivery = {"DeliveryStreamName": self.delivery.stream.ref}
        late = config.stream.delivery_seconds + config.alarms.delivery_minutes * 60
        fresh = metric("AWS/Firehose", "DeliveryToS3.DataFreshness", of=delivery, statistic="Maximum")
        success = metric("AWS/Firehose", "DeliveryToS3.Success", of=delivery, statistic="Minimum")
        full = metric("AWS/Kinesis", "WriteProvisionedThroughputExceeded", of=stream)
        return [
            Alert("stream-throttled", full, above=0, what="The stream refused records because a shard was full."),
            Alert(
                "delivery-late",
                fresh,
                above=late,
                what=f"An event has not been delivered to raw for over {late} seconds.",
            ),
            Alert("delivery-failed", success, below=1, what="Firehose could not write an object to raw."),
        ]
