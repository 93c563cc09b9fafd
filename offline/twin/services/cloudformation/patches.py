"""Corrections of moto's CloudFormation, each with its reason."""

from __future__ import annotations

import json
import uuid
from functools import cached_property
from typing import Any

from moto.cloudformation import models, parsing
from moto.cloudformation.models import Stack

from offline.twin.recipes import arn
from offline.twin.store import Values
from offline.twin.synth import physical_name


def install(saved: Values) -> None:
    """Applies all corrections. `saved` keeps the ids of stacks."""
    models.generate_stack_id = lambda name, *_: _stack_id(saved, name)
    # moto would draw random names.
    parsing.generate_resource_name = physical_name
    _parse_templates_as_json()
    _name_resources()
    _compute_exports_once()


def _stack_id(saved: Values, name: str) -> str:
    """The same in every server of a lake, and another in every lake: keys for pages are derived from it."""
    key = f"stack {name}"
    identifier = saved.get(key) or str(uuid.uuid4())
    saved.put(key, identifier)
    return arn("cloudformation", f"stack/{name}/{identifier}")


def _parse_templates_as_json() -> None:
    """moto tries YAML first, which takes a hundred times as long."""
    parse_yaml = Stack._parse_template  # noqa: SLF001

    def parse(self: Stack) -> None:
        try:
            self.template_dict = json.loads(self.template)
        except ValueError:
            parse_yaml(self)

    Stack._parse_template = parse  # noqa: SLF001


def _name_resources() -> None:
    """moto takes any KeyError during a creation for a reference to a missing resource, and leaves the ids of some types empty."""
    create = parsing.parse_and_create_resource

    def create_or_explain(logical_id: str, resource_json: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        try:
            resource = create(logical_id, resource_json, *args, **kwargs)
        except KeyError as error:
            raise ValueError(f"{resource_json['Type']} {logical_id}: {error} is missing") from error
        if resource is not None and not hasattr(resource, "physical_resource_id"):
            resource.physical_resource_id = logical_id
        return resource

    parsing.parse_and_create_resource = create_or_explain


def _compute_exports_once() -> None:
    """moto computes the exports of all stacks again for each new one."""
    exports = cached_property(parsing.OutputMap.exports.fget)
    exports.__set_name__(parsing.OutputMap, "exports")
    parsing.OutputMap.exports = exports
