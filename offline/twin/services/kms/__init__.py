"""KMS keys."""

from __future__ import annotations

from typing import Any

from moto.kms.models import Key

from offline.twin.recipes import before_creation
from offline.twin.service import Service, Setup


def _rename_tag_fields(properties: dict[str, Any]) -> None:
    """The KMS API has TagKey where CloudFormation has Key."""
    properties["Tags"] = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties.get("Tags", [])]


class Kms(Service):
    title = "KMS"
    adds = ("Tags of keys that a template creates.",)
    leaves_out = ("Objects are not encrypted.",)

    def install(self, setup: Setup) -> None:  # noqa: ARG002
        before_creation(Key, _rename_tag_fields)
