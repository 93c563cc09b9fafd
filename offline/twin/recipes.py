"""CloudFormation types that moto skips silently: a recipe creates each one through the API of its own service."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from moto.core.common_models import CloudFormationModel

from offline.twin.endpoint import ACCOUNT, REGION, connect
from offline.twin.shapes import fit

# moto's CloudFormation is slow to import: it imports every service that it can create.

Properties = dict[str, Any]
SECRET = re.compile(
    r"\{\{resolve:secretsmanager:(arn:aws:secretsmanager:[^:}]*:[^:}]*:secret:[^:}]+|[^:}]+)"  # name or ARN
    r"(?::SecretString(?::([^:}]*))?)?[^}]*\}\}"  # field of a JSON value
)


@dataclass(frozen=True)
class Recipe:
    """How to create a resource type: `calls` turns its properties and name into API calls, `identity` gets the physical id
    from the last call and its response."""

    service: str
    operation: str
    calls: Callable[[Properties, str], Sequence[Properties]]
    identity: Callable[[Properties, Properties], str]
    arn: str = "{id}"


def properties(*names: str, **renamed: str) -> Callable[[Properties, str], list[Properties]]:
    """One call with the properties as they are, except for renamed ones. If `names` has a property, it defaults to the name."""

    def calls(values: Properties, name: str) -> list[Properties]:
        arguments = {renamed.get(key, key): value for key, value in values.items()}
        return [({names[0]: name} if names else {}) | arguments]

    return calls


def identified_by(key: str) -> Callable[[Properties, Properties], str]:
    """The physical id is this field of the response or, if it has none, of the call."""
    return lambda call, response: str(response.get(key) or call[key])


def arn(service: str, rest: str) -> str:
    """The pattern of a resource's ARN."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


def before_creation(model: Any, change: Callable[[Properties], None]) -> None:
    """Changes the properties of one of moto's own resource types before moto reads them."""
    create = model.create_from_cloudformation_json.__func__

    def changed(cls: type, resource_name: str, cloudformation_json: Properties, *args: Any, **kwargs: Any) -> Any:
        change(cloudformation_json.setdefault("Properties", {}))
        return create(cls, resource_name, cloudformation_json, *args, **kwargs)

    model.create_from_cloudformation_json = classmethod(changed)


def resolve_secrets(value: Any) -> Any:
    """The value with its dynamic references to secrets resolved, which moto leaves as they are."""
    if isinstance(value, Mapping):
        return {key: resolve_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolve_secrets(inner) for inner in value]
    return SECRET.sub(lambda match: _secret(match[1], match[2]), value) if isinstance(value, str) else value


def _secret(name: str, field: str | None) -> str:
    text = str(connect("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    return str(json.loads(text)[field]) if field else text


class _Resource(CloudFormationModel):
    """A resource made by a recipe. Without a recipe it is a skipped one: nothing is called, and its id is its name."""

    recipe: Recipe | None

    def __init__(self, identity: str) -> None:
        self.physical_resource_id = identity

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003 - moto's signature
        return True

    def get_cfn_attribute(self, attribute: str) -> str:
        pattern = self.recipe.arn if self.recipe and attribute.endswith("Arn") else "{id}"
        return pattern.format(id=self.physical_resource_id)

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,  # noqa: ARG003
        region_name: str,  # noqa: ARG003
        **_: Any,
    ) -> _Resource:
        if cls.recipe is None:
            return cls(resource_name)
        client = connect(cls.recipe.service)
        identity = resource_name
        properties = resolve_secrets(dict(cloudformation_json.get("Properties", {})))
        for call in cls.recipe.calls(properties, resource_name):
            operation = client.meta.method_to_api_mapping[cls.recipe.operation]
            shape = client.meta.service_model.operation_model(operation).input_shape
            arguments = fit(call, shape) if shape else call
            identity = cls.recipe.identity(arguments, getattr(client, cls.recipe.operation)(**arguments))
        return cls(identity)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource: _Resource, **_: Any) -> _Resource:
        """Stacks are never updated: when the app changes, a new server creates them from scratch."""
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, *_: Any) -> None:
        """Resources are never deleted one by one."""


class ResourceTypes(Protocol):
    """Something with recipes and skipped types, such as a service."""

    recipes: ClassVar[Mapping[str, Recipe]]
    skipped: ClassVar[Mapping[str, str]]


def install(services: Sequence[type[ResourceTypes]]) -> None:
    """Adds the services' recipes and skipped types to the types that moto's CloudFormation knows."""
    from moto.cloudformation.parsing import get_model_list, get_model_map, get_name_type_map  # noqa: PLC0415

    for service in services:
        for kind in (*service.recipes, *service.skipped):
            type(
                kind.replace("::", ""),
                (_Resource, CloudFormationModel),
                {
                    "__module__": __name__,
                    "recipe": service.recipes.get(kind),
                    "cloudformation_type": staticmethod(lambda kind=kind: kind),
                },
            )
    get_model_list.cache_clear()
    get_model_map.cache_clear()
    get_name_type_map.cache_clear()


def known(services: Sequence[type[ResourceTypes]]) -> frozenset[str]:
    """The resource types that can be created, or are skipped for a stated reason."""
    from moto.cloudformation.parsing import NULL_MODELS, get_model_map  # noqa: PLC0415

    ours = (kind for service in services for kind in (*service.recipes, *service.skipped))
    return frozenset((*get_model_map(), *ours, *NULL_MODELS))
