"""CloudTrail."""

from __future__ import annotations

from typing import Any

from offline.twin.recipes import Recipe, arn, identified_by
from offline.twin.service import Service


def _trail(properties: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [{"Name": properties.get("TrailName", name), "TagsList": properties.get("Tags", [])} | properties]


class CloudTrail(Service):
    title = "CloudTrail"
    recipes = {
        "AWS::CloudTrail::Trail": Recipe(
            "cloudtrail", "create_trail", _trail, identified_by("Name"), arn("cloudtrail", "trail/{id}")
        ),
    }
    leaves_out = ("Trails record no events.",)
