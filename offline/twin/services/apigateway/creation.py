"""What moto's own API Gateway types leave out of a template, written to moto's objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.apigateway import models

Properties = dict[str, Any]
MILLISECONDS = 29_000
_method_settings: dict[tuple[str, str], list[Mapping[str, Any]]] = {}


def stage_call(properties: Properties, _: str) -> list[Properties]:
    """The call that creates a stage. Its throttles are kept here, because the call has no such argument."""
    _method_settings[properties["RestApiId"], properties["StageName"]] = properties.get("MethodSettings") or []
    return [properties]


def method_settings(api: str, stage: str) -> list[Mapping[str, Any]]:
    """The settings of a stage, by method and path."""
    return _method_settings.get((api, stage), [])


def install() -> None:
    """Replaces the creation of methods and adds to that of APIs; a `Ref` to a deployment is its id."""
    models.Deployment.physical_resource_id = property(lambda deployment: deployment.id)
    models.Method.create_from_cloudformation_json = classmethod(_create_method)
    create = models.RestAPI.create_from_cloudformation_json.__func__

    def create_api(cls: type, resource_name: str, cloudformation_json: Properties, *arguments: Any, **named: Any) -> Any:
        api = create(cls, resource_name, cloudformation_json, *arguments, **named)
        properties = cloudformation_json["Properties"]
        api.binaryMediaTypes = properties.get("BinaryMediaTypes") or []
        smallest = properties.get("MinimumCompressionSize")
        api.minimum_compression_size = None if smallest is None else int(smallest)
        return api

    models.RestAPI.create_from_cloudformation_json = classmethod(create_api)


def _create_method(
    _: type, /, resource_name: str, cloudformation_json: Properties, account_id: str, region_name: str, **__: Any
) -> Any:
    """moto fails for mock integrations, and drops validators, models, parameters and responses."""
    del resource_name
    properties = cloudformation_json["Properties"]
    integration = properties.get("Integration") or {}
    backend = models.apigateway_backends[account_id][region_name]
    where = {key: properties[name] for key, name in (("function_id", "RestApiId"), ("resource_id", "ResourceId"))}
    where["method_type"] = properties["HttpMethod"]
    method = backend.put_method(
        **where,
        authorization_type=properties.get("AuthorizationType"),
        api_key_required=str(properties.get("ApiKeyRequired")).lower() == "true",
        request_parameters=properties.get("RequestParameters"),
        request_models=properties.get("RequestModels"),
        request_validator_id=properties.get("RequestValidatorId"),
    )
    method.method_integration = models.Integration(
        integration["Type"],
        integration.get("Uri"),
        integration.get("IntegrationHttpMethod"),
        request_templates=integration.get("RequestTemplates"),
        timeout_in_millis=str(integration.get("TimeoutInMillis") or MILLISECONDS),
    )
    for response in integration.get("IntegrationResponses") or ():
        method.method_integration.create_integration_response(
            str(response["StatusCode"]),
            response.get("SelectionPattern"),
            response.get("ResponseTemplates") or {},
            response.get("ResponseParameters") or {},
        )
    return method
