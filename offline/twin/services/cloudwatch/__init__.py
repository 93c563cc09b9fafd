"""CloudWatch alarms."""

from __future__ import annotations

from offline.twin.recipes import Recipe, arn, identified_by, properties
from offline.twin.service import Service


class CloudWatch(Service):
    title = "CloudWatch"
    recipes = {
        "AWS::CloudWatch::Alarm": Recipe(
            "cloudwatch",
            "put_metric_alarm",
            properties("AlarmName"),
            identified_by("AlarmName"),
            arn("cloudwatch", "alarm:{id}"),
        ),
    }
    leaves_out = ("Alarms are not evaluated and do not fire. Alarm states are lost with `down`.",)
