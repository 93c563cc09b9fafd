"""Firehose: delivers Kinesis streams to S3."""

from __future__ import annotations

import threading
import time
import traceback
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError
from moto.firehose.models import firehose_backends

from offline.twin.endpoint import ACCOUNT, REGION, connect
from offline.twin.recipes import Recipe, arn, properties
from offline.twin.service import Service, Setup
from offline.twin.services.awslambda.ports import StoredStreamReader
from offline.twin.services.firehose.delivery import POLL_SECONDS, Delivery, Settings
from offline.twin.services.kinesis import open_records
from offline.twin.store import state

SHORTENED = 60
RETRY_SECONDS = 5.0


class Firehose(Service):
    title = "Firehose"
    adds = (
        "Delivery of a Kinesis stream to S3: buffers by size and time, prefixes with timestamps, gzip, at least once.",
        "What is buffered is written at `down`. The position in the stream outlives `down` and kill -9.",
    )
    leaves_out = (
        "Buffering for a minute takes a second; the size of the buffer is not changed.",
        "Transformation, format conversion, dynamic partitioning, custom time zones, and destinations other than S3.",
        "Records put directly, without a stream, are written at once by moto.",
    )
    recipes = {
        "AWS::KinesisFirehose::DeliveryStream": Recipe(
            "firehose",
            "create_delivery_stream",
            properties("DeliveryStreamName"),
            lambda call, _: str(call["DeliveryStreamName"]),
            arn("firehose", "deliverystream/{id}"),
        ),
    }

    def install(self, setup: Setup) -> None:
        self._lake, self._records = setup.lake, open_records(setup)
        self._deliveries: list[Delivery] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def restore(self) -> None:
        for name, stream in firehose_backends[ACCOUNT][REGION].delivery_streams.items():
            destination = stream.destinations[0].get("ExtendedS3")
            if stream.source and destination:
                settings = Settings.parse(name, stream.source, destination)
                self._deliveries.append(self._delivery(replace(settings, seconds=settings.seconds / SHORTENED)))
        if self._deliveries:
            self._thread.start()

    def busy(self) -> bool:
        return any(delivery.is_working for delivery in self._deliveries)

    def stop(self) -> None:
        self._stopping.set()
        if self._deliveries:
            self._thread.join()
        for delivery in self._deliveries:
            delivery.poll()
            delivery.flush()

    def _delivery(self, settings: Settings) -> Delivery:
        stream = StoredStreamReader(self._records, settings.stream_arn.rpartition("/")[2])
        return Delivery(settings, stream=stream, positions=state(self._lake), put=_put, clock=time.time)

    def _run(self) -> None:
        seconds = 0.0
        while not self._stopping.wait(seconds):
            seconds = POLL_SECONDS
            for delivery in self._deliveries:
                try:
                    seconds = min(seconds, delivery.poll())
                except Exception:  # noqa: BLE001 - logged, and tried again; the position has not moved
                    traceback.print_exc()
                    seconds = RETRY_SECONDS


def _put(bucket: str, key: str, content: bytes) -> None:
    try:
        connect("s3").put_object(Bucket=bucket, Key=key, Body=content)
    except (BotoCoreError, ClientError) as error:
        raise OSError(f"{bucket}/{key}: the object cannot be written ({error})") from error
