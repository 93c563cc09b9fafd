"""API Gateway: a server of its own for the deployed REST APIs, with proxy integrations to Lambda."""

from __future__ import annotations

import re
import threading

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from offline.serving.guard import Environ, Guard
from offline.twin.recipes import Recipe, identified_by, properties
from offline.twin.service import Service, Setup
from offline.twin.services.apigateway import creation, definition
from offline.twin.services.apigateway.gateway import Gateway
from offline.twin.services.apigateway.request import RAW_HEADERS
from offline.twin.services.awslambda import functions
from offline.twin.store import Values, state

PORT = "apigateway port"
ADDRESS = re.compile(r"https://[a-z0-9]+\.execute-api\.[a-z0-9.-]+")


class Handler(MotoRequestHandler):
    """HTTP/1.1, with the headers as they were sent."""

    protocol_version = "HTTP/1.1"

    def make_environ(self) -> Environ:
        environ: Environ = super().make_environ()
        environ[RAW_HEADERS] = list(self.headers.items())
        return environ

    def log_request(self, *_: object) -> None:
        """Paths and queries of requests may be personal data."""


class ApiGateway(Service):
    title = "API Gateway"
    adds = (
        "A server on 127.0.0.1 for all REST APIs: routes, API keys, usage plans, throttles, request validation, compression.",
        "Proxy integrations to Lambda with the event of version 1.0, 29 seconds at most, bodies up to 10 MB; mock integrations.",
        "GatewayResponses as in the template. Its port stays the same for a lake, as long as it is free.",
        "Outputs with the address of an API have the local address.",
    )
    leaves_out = (
        "Pages of any origin may call this server, as at AWS; nothing else of the local stack answers them.",
        "Authorizers, mapping templates other than of mock integrations, caching, quotas, WAF, logs and custom domains.",
        "TLS: the address begins with http.",
    )
    recipes = {
        "AWS::ApiGateway::Stage": Recipe("apigateway", "create_stage", creation.stage_call, identified_by("stageName")),
        "AWS::ApiGateway::ApiKey": Recipe("apigateway", "create_api_key", properties("Name"), identified_by("id")),
        "AWS::ApiGateway::UsagePlan": Recipe(
            "apigateway", "create_usage_plan", properties("name", UsagePlanName="name"), identified_by("id")
        ),
        "AWS::ApiGateway::UsagePlanKey": Recipe("apigateway", "create_usage_plan_key", properties(), identified_by("keyId")),
        "AWS::ApiGateway::GatewayResponse": Recipe(
            "apigateway", "put_gateway_response", properties(), identified_by("responseType")
        ),
        "AWS::ApiGateway::RequestValidator": Recipe(
            "apigateway", "create_request_validator", properties("name"), identified_by("id")
        ),
        "AWS::ApiGateway::Model": Recipe("apigateway", "create_model", properties("name"), identified_by("name")),
    }
    skipped = {
        "AWS::ApiGateway::Account": "it names the role with which API Gateway writes logs, and nothing is logged",
        "AWS::WAFv2::WebACL": "the firewall's rules are AWS's own, and nothing local evaluates them",
        "AWS::WAFv2::WebACLAssociation": "the firewall's rules are AWS's own, and nothing local evaluates them",
    }

    def install(self, setup: Setup) -> None:
        creation.install()
        self._state = state(setup.lake)
        self._gateway = Gateway(definition.Deployed().apis, functions.call)
        self._server = _bind(self._gateway, self._state)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def localize(self, output: str) -> str:
        return ADDRESS.sub(f"http://127.0.0.1:{self._server.port}", output)

    def busy(self) -> bool:
        return self._gateway.is_busy()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._gateway.stop()


def _bind(gateway: Gateway, saved: Values) -> BaseWSGIServer:
    """A server on the lake's port, or on another one when that is taken."""
    # Pages call it from any origin; the keys are checked for each route.
    guarded = Guard(gateway, lambda _: True, any_origin=True)
    for port in (int(saved.get(PORT, 0)), 0):
        try:
            server = make_server("127.0.0.1", port, guarded, threaded=True, request_handler=Handler)
        except (OSError, SystemExit):
            continue
        saved.put(PORT, server.port)
        return server
    raise OSError("127.0.0.1: there is no free port for the API.")
