"""Api: one REST API for events, uploads and results."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.account_role import AccountRole
from stacks.constructs.alarms import Alert, metric
from stacks.constructs.firewall import Firewall
from stacks.constructs.gateway_responses import add_gateway_responses
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.route import INGEST, SERVING, add_route
from stacks.ingest import Ingest
from stacks.security import acknowledge
from stacks.serving import Serving
from stacks.stack import LakeStack
from stacks.storage import Storage

STAGE = "live"
BINARY = ("application/gzip", "application/x-gzip", "application/octet-stream")
# Who called, with which path and query, is personal data: the log has the route's template instead.
LOGGED = {
    "request": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "milliseconds": "$context.responseLatency",
    "function_milliseconds": "$context.integrationLatency",
    "bytes": "$context.responseLength",
    "trace": "$context.xrayTraceId",
}


class Api(LakeStack):
    """The REST `api` with its one stage, its usage plan and the key for servers."""

    def __init__(
        self, scope: Construct, id_: str, *, config: LakeConfig, storage: Storage, ingest: Ingest, serving: Serving
    ) -> None:
        super().__init__(scope, id_, config=config, description="the REST API")
        self.api = self._api(config, LakeLogs(self, "Logs", config=config, key=storage.key, name=f"/{config.prefix}/api"))
        self.stage = self.api.deployment_stage
        # The construct's own output has a name that nobody could look up.
        self.api.node.try_remove_child("Endpoint")
        add_gateway_responses(self.api)
        self._routes(ingest, serving)
        self._server_key(config, ingest)
        if config.api.account_role == "create":
            self.stage.node.add_dependency(AccountRole(self, "Account", config=config))
        if config.api.waf:
            Firewall(self, "Firewall", name="api", resource_arn=self.stage.stage_arn, config=config)
        self._acknowledge(config)
        self.alerts = self._alerts(config)
        self.output("ApiUrl", self.api.url.rstrip("/"), "address of the API")

    def _api(self, config: LakeConfig, logs: LakeLogs) -> apigateway.RestApi:
        return apigateway.RestApi(
            self,
            "Api",
            rest_api_name=f"{config.prefix}-api",
            description=f"{config.prefix}: events, uploads and results",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            binary_media_types=list(BINARY),
            # With a minimum size for answers, API Gateway also unpacks bodies with Content-Encoding: gzip.
            min_compression_size=cdk.Size.kibibytes(1),
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                tracing_enabled=True,
                # Metrics of each method cost 0.30 USD each; those of the API and the stage are free.
                metrics_enabled=False,
                data_trace_enabled=False,
                logging_level=apigateway.MethodLoggingLevel.OFF,
                access_log_destination=apigateway.LogGroupLogDestination(logs),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(LOGGED)),
                throttling_rate_limit=config.api.throttle_rate,
                throttling_burst_limit=config.api.throttle_burst,
            ),
        )

    def _routes(self, ingest: Ingest, serving: Serving) -> None:
        validator = self.api.add_request_validator("Validator", validate_request_body=True, validate_request_parameters=True)
        models = {
            INGEST[0]: self._model("Events", "one event or a list of events", ["object", "array"]),
            INGEST[-1]: self._model("File", "the file that will be uploaded", ["object"]),
        }
        for function, routes in ((ingest.function, INGEST), (serving.function, SERVING)):
            for route in routes:
                add_route(self.api, route, function=function, model=models.get(route), validator=validator)

    def _model(self, name: str, what: str, types: list[str]) -> apigateway.Model:
        kinds = [apigateway.JsonSchema(type=apigateway.JsonSchemaType[kind.upper()]) for kind in types]
        schema = apigateway.JsonSchema(schema=apigateway.JsonSchemaVersion.DRAFT4, title=name, description=what, any_of=kinds)
        return self.api.add_model(name, content_type="application/json", model_name=name, schema=schema)

    def _server_key(self, config: LakeConfig, ingest: Ingest) -> None:
        """The value is read from its secret at every deploy that changes this resource; see docs/operations.md."""
        key = apigateway.CfnApiKey(
            self,
            "ServerKey",
            name=f"{config.prefix}-server",
            description=f"{config.prefix}: the shop's servers",
            enabled=True,
            value=ingest.server_key.secret_value.unsafe_unwrap(),
        )
        plan = apigateway.UsagePlan(
            self,
            "Servers",
            name=f"{config.prefix}-servers",
            api_stages=[apigateway.UsagePlanPerApiStage(api=self.api, stage=self.stage)],
            throttle=apigateway.ThrottleSettings(rate_limit=config.api.throttle_rate, burst_limit=config.api.throttle_burst),
        )
        apigateway.CfnUsagePlanKey(self, "ServerPlan", key_id=key.ref, key_type="API_KEY", usage_plan_id=plan.usage_plan_id)

    def _alerts(self, config: LakeConfig) -> list[Alert]:
        of = {"ApiName": self.api.rest_api_name, "Stage": STAGE}
        limits = config.alarms
        failed = metric("AWS/ApiGateway", "5XXError", of=of)
        refused = metric("AWS/ApiGateway", "4XXError", of=of, statistic="Average")
        slow = metric("AWS/ApiGateway", "Latency", of=of, statistic="p99")
        ratio, seconds = limits.api_error_ratio, limits.api_seconds
        return [
            Alert("api-failed", failed, above=0, what="The API answered a request with 5xx."),
            Alert(
                "api-refused",
                refused,
                above=ratio,
                periods=3,
                what=f"For 15 minutes over {ratio:.0%} of requests were refused.",
            ),
            Alert(
                "api-slow",
                slow,
                above=seconds * 1000,
                periods=3,
                what=f"For 15 minutes 1 % of the answers have been taking over {seconds:g} seconds.",
            ),
        ]

    def _acknowledge(self, config: LakeConfig) -> None:
        acknowledge(
            self.stage,
            "AwsSolutions-APIG6",
            "APIGWExecutionLoggingEnabled",
            reason="The execution log has paths with ids of customers, and query strings with keys. The access log and "
            "the functions' own logs say the same without them; X-Ray has paths and addresses of sampled requests for 30 days."
            "",
        )
        acknowledge(
            self.stage,
            "APIGWSSLEnabled",
            reason="A client certificate is for HTTP servers behind the API; behind this one are functions only, called by IAM.",
        )
        acknowledge(
            self.stage,
            "APIGWCacheEnabledAndEncrypted",
            reason="Answers about customers and live figures are not cached by API Gateway, so there is nothing to encrypt; the "
            "functions send ETag and Cache-Control.",
        )
        if not config.api.waf:
            acknowledge(
                self.stage,
                "AwsSolutions-APIG3",
                "APIGWAssociatedWithWAF",
                reason="The stage is throttled, bodies are limited, and the keys can be changed. A firewall costs 5 USD a month "
                "and 0.60 per million requests more; `api: {waf: true}` adds it.",
            )
