"""The routes of the API as plain data, and the method built from one."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway

from stacks.constructs.function import LakeFunction
from stacks.security import acknowledge


@dataclass(frozen=True)
class Route:
    """A method and path of the API. With `key`, API Gateway asks for the key of the shop's servers first."""

    method: str
    path: str
    key: bool = True

    @property
    def parameters(self) -> dict[str, bool]:
        """The parts of the path that vary; all are required."""
        names = (part[1:-1] for part in self.path.split("/") if part.startswith("{"))
        return {f"method.request.path.{name}": True for name in names}


INGEST = (
    # A page that is being closed cannot send a header, so the function looks for the key itself.
    Route("POST", "v1/events", key=False),
    Route("OPTIONS", "v1/events", key=False),
    Route("GET", "v1/shoplake.js", key=False),
    Route("GET", "v1/openapi.json", key=False),
    Route("POST", "v1/files/{source}"),
)
SERVING = (
    Route("GET", "v1/live/metrics"),
    Route("GET", "v1/live/top-products"),
    Route("GET", "v1/customers/{id}"),
    Route("GET", "v1/customers/{id}/recommendations"),
    Route("GET", "v1/products/{id}/related"),
)


def add_route(
    api: apigateway.RestApi,
    route: Route,
    *,
    function: LakeFunction,
    model: apigateway.Model | None,
    validator: apigateway.RequestValidator,
) -> None:
    """Add the method, which calls the function and hands its answer on unchanged."""
    method = api.root.resource_for_path(route.path).add_method(
        route.method,
        apigateway.LambdaIntegration(function.function, allow_test_invoke=False),
        api_key_required=route.key,
        authorization_type=apigateway.AuthorizationType.NONE,
        request_models={"application/json": model} if model else None,
        request_parameters=route.parameters or None,
        # Not for events: the function answers for each event of a batch, and keeps the bytes of those that it refuses. A check of
        # the whole body in front of it would lose both.
        request_validator=validator if route.key else None,
    )
    acknowledge(
        method,
        "AwsSolutions-APIG4",
        *(["AwsSolutions-COG4"] if route.method != "OPTIONS" else []),
        reason="API Gateway asks for the secret key of the shop's servers. Methods without it are for pages of anyone: they give "
        "out public files, or take events, for which the function checks the public key.",
    )
