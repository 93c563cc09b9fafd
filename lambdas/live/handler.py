"""Entry point of the live function."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from typing import Any

from lambdas.common.table import Table, client
from lambdas.live.alerts import Alerts
from lambdas.live.batch import Batch
from lambdas.live.consumer import Consumer
from lambdas.live.settings import Settings
from lambdas.live.stream import Streams


@functools.cache
def _batch() -> Batch:
    settings = Settings.from_environment(os.environ)
    table = Table(settings.table)
    consumer = Consumer(table, settings.rules, settings.deduplication)
    alerts = Alerts(table, client("sns"), settings.alert_topic)
    return Batch(consumer, Streams(client("kinesis")), alerts)


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - Lambda passes it
    """Handles one batch of Kinesis records; returns the first record that failed, if any."""
    return _batch().handle(event)
