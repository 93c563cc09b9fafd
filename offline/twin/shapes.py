"""Converts values to the types that an AWS API call expects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import Shape, StructureShape


def fit(value: Any, shape: Shape) -> Any:
    """A CloudFormation or Step Functions value as an argument of an API call.

    CloudFormation has numbers and booleans as strings, and names may differ in the case of their first letter. Fields that the
    call does not have, such as tags in another form, are dropped.
    """
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        names = {name.lower(): name for name in shape.members}
        known = {names[key.lower()]: inner for key, inner in value.items() if key.lower() in names}
        return {name: fit(inner, shape.members[name]) for name, inner in known.items()}
    kind = shape.type_name
    if kind == "list" and isinstance(value, list):
        return [fit(inner, shape.member) for inner in value]
    if kind == "map" and isinstance(value, list):
        # CloudFormation has tags as a list, some APIs as a map.
        value = {pair["Key"]: pair["Value"] for pair in value}
    if kind == "map" and isinstance(value, Mapping):
        return {key: fit(inner, shape.value) for key, inner in value.items()}
    if kind == "boolean":
        return str(value).lower() == "true"
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "string":
        return json.dumps(value) if isinstance(value, Mapping) else str(value)
    return value


def with_capitals(value: Any, shape: Shape | None) -> Any:
    """A response whose fields begin with capital letters, as tasks of state machines get it from `aws-sdk`."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = {name: with_capitals(inner, shape.members.get(name)) for name, inner in value.items()}
        return {f"{name[0].upper()}{name[1:]}": inner for name, inner in members.items()}
    if shape is not None and shape.type_name == "list" and isinstance(value, list):
        return [with_capitals(inner, shape.member) for inner in value]
    return value
