"""A deployed REST API, as the gateway serves it: read from moto, where the stacks or API calls have created it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.apigateway.models import Method as MotoMethod
from moto.apigateway.models import apigateway_backends

from offline.twin.endpoint import ACCOUNT, REGION
from offline.twin.services.apigateway import creation

BY_FUNCTION = "/functions/"


@dataclass(frozen=True)
class Limit:
    """Requests per second, and how many may come at once."""

    rate: float
    burst: float


@dataclass(frozen=True)
class Mock:
    """The fixed answer of a mock integration."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method of a path. It calls `function`, or answers with `mock`."""

    resource_id: str
    path: str
    http_method: str
    needs_key: bool
    seconds: float
    function: str | None
    mock: Mock | None
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """JSON Schemas of bodies by content type, if the method validates bodies."""
    required: Sequence[str] = ()
    """Required parameters, such as `querystring.since`, if the method validates parameters."""


@dataclass(frozen=True)
class Key:
    """An API key that may use the stage."""

    id: str
    value: str = field(repr=False)
    plan: str
    limit: Limit | None


@dataclass(frozen=True, kw_only=True)
class Api:
    """A stage of a REST API."""

    id: str
    stage: str
    methods: Sequence[Method]
    keys: Sequence[Key]
    limit: Limit
    binary_types: Sequence[str]
    smallest_compressed: int | None
    responses: Mapping[str, Any]
    """GatewayResponses by type."""


ACCOUNT_LIMIT = Limit(10_000, 5_000)


CACHE_SECONDS = 1.0


class Deployed:
    """All stages of all APIs. A change by API shows within a second."""

    def __init__(self) -> None:
        self._apis: list[Api] = []
        self._read_at = -CACHE_SECONDS

    def apis(self) -> list[Api]:
        if time.monotonic() - self._read_at > CACHE_SECONDS:
            self._apis, self._read_at = _read(), time.monotonic()
        return self._apis


def _read() -> list[Api]:
    backend = apigateway_backends[ACCOUNT][REGION]
    return [_stage(backend, api, stage) for api in backend.apis.values() for stage in api.stages]


def _stage(backend: Any, api: Any, stage: str) -> Api:
    return Api(
        id=api.id,
        stage=stage,
        methods=[_method(api, resource, method) for resource, method in _methods(api)],
        keys=list(_keys(backend, api.id, stage)),
        limit=_stage_limit(api.id, stage),
        binary_types=tuple(api.binaryMediaTypes),
        smallest_compressed=api.minimum_compression_size,
        responses=dict(api.gateway_responses),
    )


def _methods(api: Any) -> Iterator[tuple[Any, MotoMethod]]:
    for resource in api.resources.values():
        for method in resource.resource_methods.values():
            yield resource, method


def _method(api: Any, resource: Any, method: MotoMethod) -> Method:
    integration = method.method_integration
    assert integration is not None
    validator = api.request_validators.get(method.request_validator_id) if method.request_validator_id else None
    checks_body, checks_parameters = (
        validator is not None and str(flag).lower() == "true"
        for flag in (getattr(validator, "validate_request_body", False), getattr(validator, "validate_request_parameters", False))
    )
    models = {kind: api.models[name] for kind, name in (method.request_models or {}).items() if name in api.models}
    parameters = (method.request_parameters or {}).items()
    uri = str(integration.uri or "")
    return Method(
        resource_id=resource.id,
        path=resource.get_path(),
        http_method=method.http_method,
        needs_key=bool(method.api_key_required),
        seconds=float(integration.timeout_in_millis or creation.MILLISECONDS) / 1000,
        function=uri.partition(BY_FUNCTION)[2].removesuffix("/invocations") or None,
        mock=_mock(integration) if integration.integration_type == "MOCK" else None,
        schemas={kind: json.loads(model.schema) for kind, model in models.items()} if checks_body else {},
        required=[name.removeprefix("method.request.") for name, needed in parameters if needed] if checks_parameters else (),
    )


def _mock(integration: Any) -> Mock:
    template = json.loads((integration.request_templates or {}).get("application/json") or '{"statusCode": 200}')
    status = str(template.get("statusCode", 200))
    response = (integration.integration_responses or {}).get(status)
    headers = {
        name.removeprefix("method.response.header."): str(value).strip("'")
        for name, value in ((response and response.response_parameters) or {}).items()
    }
    templates = (response and response.response_templates) or {}
    return Mock(int(status), headers, str(templates.get("application/json") or ""))


def _keys(backend: Any, api: str, stage: str) -> Iterator[Key]:
    for plan in backend.usage_plans.values():
        if any(each.get("apiId") == api and each.get("stage") == stage for each in plan.api_stages):
            limit = Limit(float(plan.throttle["rateLimit"]), float(plan.throttle["burstLimit"])) if plan.throttle else None
            for key_id in backend.usage_plan_keys.get(plan.id, {}):
                key = backend.keys[key_id]
                if str(key.enabled).lower() == "true":
                    yield Key(key.id, key.value, plan.id, limit)


def _stage_limit(api: str, stage: str) -> Limit:
    for settings in creation.method_settings(api, stage):
        if settings.get("HttpMethod") == "*" and "ThrottlingRateLimit" in settings:
            return Limit(float(settings["ThrottlingRateLimit"]), float(settings.get("ThrottlingBurstLimit") or 5_000))
    return ACCOUNT_LIMIT
