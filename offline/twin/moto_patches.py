"""Where moto's own resource types fall short of a real template: small corrections, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Stack
from moto.kms.models import Key


def install() -> None:
    """Puts the corrections in place."""
    _templates_are_json()
    _creation_names_its_resource()
    _before_creation(Key, _kms_tags)


def _templates_are_json() -> None:
    """moto reads every template as YAML first, a hundred times as slowly."""
    parse = Stack._parse_template  # noqa: SLF001

    def parsed(self: Stack) -> None:
        try:
            self.template_dict = json.loads(self.template)
        except ValueError:
            parse(self)

    Stack._parse_template = parsed  # noqa: SLF001


def _creation_names_its_resource() -> None:
    """moto takes a KeyError from anywhere inside a creation for a resource that the template does not have."""
    create = parsing.parse_and_create_resource

    def told(logical_id: str, resource_json: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return create(logical_id, resource_json, *args, **kwargs)
        except KeyError as error:
            raise ValueError(f"{resource_json['Type']} {logical_id}: {error} is missing") from error

    parsing.parse_and_create_resource = told


def _before_creation(model: Any, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes a resource's properties before moto sees them."""
    create = model.create_from_cloudformation_json.__func__

    def changed(cls: type, resource_name: str, cloudformation_json: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        change(cloudformation_json.setdefault("Properties", {}))
        return create(cls, resource_name, cloudformation_json, *args, **kwargs)

    model.create_from_cloudformation_json = classmethod(changed)


def _kms_tags(properties: dict[str, Any]) -> None:
    """KMS says TagKey where CloudFormation says Key."""
    properties["Tags"] = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties.get("Tags", [])]
