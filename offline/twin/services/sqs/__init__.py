"""SQS queues."""

from __future__ import annotations

import json
from typing import Any

from offline.twin.recipes import Recipe, identified_by
from offline.twin.service import Service


def _policies(properties: dict[str, Any], _: str) -> list[dict[str, Any]]:
    document = json.dumps(properties["PolicyDocument"])
    return [{"QueueUrl": queue, "Attributes": {"Policy": document}} for queue in properties["Queues"]]


class Sqs(Service):
    title = "SQS"
    recipes = {
        "AWS::SQS::QueuePolicy": Recipe("sqs", "set_queue_attributes", _policies, identified_by("QueueUrl")),
    }
    leaves_out = ("Messages are lost with `down`.",)
