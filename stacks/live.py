"""Live: the function that counts events of the stream into windows, features and alerts."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert, metric
from stacks.constructs.function import FunctionSpec, LakeFunction
from stacks.ingest import Ingest
from stacks.serving import Serving
from stacks.stack import LakeStack
from stacks.storage import Storage

TIMEOUT = cdk.Duration.seconds(60)
READ_STREAM = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
# The layout is Lambda's own: aws/lambda/<mapping>/<shard>/…
FAILED = "aws/lambda/*"


class Live(LakeStack):
    """`function` writes to the live table, and gets the stream through `mapping`."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: LakeConfig,
        storage: Storage,
        ingest: Ingest,
        serving: Serving,
        alert_topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, id_, config=config, description="the function that counts events as they happen")
        spec = FunctionSpec(
            name="live",
            title="counts events of the stream",
            environment={
                "LIVE_TABLE": serving.live_table.table_name,
                "ALERT_TOPIC": alert_topic.topic_arn,
                "WINDOWS": json.dumps(list(config.live.windows)),
                "ALLOWED_LATENESS_SECONDS": str(config.live.allowed_lateness_seconds),
                "DEDUPLICATION_SECONDS": str(config.live.deduplication_seconds),
            },
            timeout=TIMEOUT,
            concurrency=config.functions.live_concurrency,
        )
        self.function = LakeFunction(self, "Live", spec=spec, config=config, storage=storage)
        role = self.function.role
        serving.live_table.allow(role, write=True)
        role.allow(READ_STREAM, [ingest.stream.stream_arn])
        role.allow(["sns:Publish"], [alert_topic.topic_arn])
        role.allow(["s3:ListBucket"], [storage.raw.bucket_arn])
        failed = storage.raw.arn_for_objects(FAILED)
        role.allow(["s3:PutObject"], [failed], wildcard="Lambda chooses the names of the objects of failed batches.")
        self.mapping = self._mapping(config, storage, ingest)
        self.alerts = [*self.function.alerts(), *self._alerts(config, serving)]

    def _mapping(self, config: LakeConfig, storage: Storage, ingest: Ingest) -> lambda_.EventSourceMapping:
        live = config.live
        mapping = lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=self.function.function,
            event_source_arn=ingest.stream.stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=live.batch_size,
            max_batching_window=cdk.Duration.seconds(live.batch_window_seconds),
            # One batch of a shard at a time: the checkpoint is one per shard.
            parallelization_factor=live.parallelization_factor,
            retry_attempts=live.retries,
            max_record_age=cdk.Duration.seconds(config.stream.longest_record_age),
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            # Not a queue or a topic: those get sequence numbers only, without the records' bytes.
            on_failure=event_sources.S3OnFailureDestination(storage.raw),
            metrics_config=lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT]),
        )
        # Lambda checks its access to the stream when the mapping is created.
        mapping.node.add_dependency(self.function.role)
        return mapping

    def _alerts(self, config: LakeConfig, serving: Serving) -> list[Alert]:
        function = {"FunctionName": self.function.function.function_name}
        mapping = {"EventSourceMappingUUID": self.mapping.event_source_mapping_id}
        table = {"TableName": serving.live_table.table_name}
        seconds = config.alarms.live_seconds
        age = metric("AWS/Lambda", "IteratorAge", of=function, statistic="Maximum", minutes=1)
        abandoned = metric("AWS/Lambda", "OnFailureDestinationDeliveredEventCount", of=mapping)
        dropped = metric("AWS/Lambda", "DroppedEventCount", of=mapping)
        throttled = metric("AWS/DynamoDB", "WriteThrottleEvents", of=table)
        behind = f"For 5 minutes the live function has been getting records that were over {seconds} seconds old."
        return [
            Alert("live-behind", age, above=seconds * 1000, periods=5, what=behind),
            Alert(
                "live-abandoned", abandoned, above=0, what="Records failed after all retries; they are in raw, in aws/lambda/."
            ),
            Alert("live-dropped", dropped, above=0, what="Records failed after all retries and could not be written to raw."),
            Alert("live-table-throttled", throttled, above=0, what="DynamoDB refused writes of the live table."),
        ]
