"""SNS topics."""

from __future__ import annotations

import json
from typing import Any

from offline.twin.recipes import Recipe, identified_by, properties
from offline.twin.service import Service


def _policies(properties: dict[str, Any], _: str) -> list[dict[str, Any]]:
    document = json.dumps(properties["PolicyDocument"])
    return [{"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": document} for topic in properties["Topics"]]


class Sns(Service):
    title = "SNS"
    recipes = {
        "AWS::SNS::TopicPolicy": Recipe("sns", "set_topic_attributes", _policies, identified_by("TopicArn")),
        "AWS::SNS::Subscription": Recipe("sns", "subscribe", properties(), identified_by("SubscriptionArn")),
    }
    leaves_out = ("Email is not sent. Messages are lost with `down`.",)
