"""Dashboard: the web dashboard as a function behind an HTTP API, for people who sign in with Cognito."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from constructs import Construct

from stacks.bundle import LAMBDA_COMPILED
from stacks.catalog import Catalog
from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert, metric
from stacks.constructs.firewall import Firewall
from stacks.constructs.function import FunctionCode, FunctionSpec, LakeFunction
from stacks.constructs.log_group import LakeLogs
from stacks.constructs.reader import Program, Reader
from stacks.constructs.table import LakeTable
from stacks.constructs.users import Users
from stacks.security import acknowledge
from stacks.stack import LakeStack
from stacks.storage import Storage

TIMEOUT = cdk.Duration.seconds(29)  # API Gateway's is 30
BURST = 100  # a browser asks for some 30 scripts at its first visit
CODE = FunctionCode(
    handler="dashboards.hosted.handler.handle",
    packages=(
        "athena_queries",
        "contracts",
        "dashboards/hosted",
        "dashboards/web",
        "lambdas/common",
        "lambdas/live",
        "offline/console",
        "offline/report/rendering",
    ),
    # Dash and the component library with all that they need, the events of Lambda, the SQL's tokenizer, and the numbers as text.
    libraries=(
        *("annotated-types", "apig-wsgi", "blinker", "certifi", "charset-normalizer", "click", "comm", "dash"),
        *("dash-mantine-components", "flask", "idna", "importlib-metadata", "itsdangerous", "janus", "jinja2", "lazy-importer"),
        *("markdown-it-py", "markupsafe", "mdurl", "narwhals", "nest-asyncio", "packaging", "plotly", "pydantic"),
        *("pydantic-core", "pygments", "pyyaml", "requests", "retrying", "rich", "setuptools", "sqlglot", "typing-extensions"),
        *("typing-inspection", "urllib3", "werkzeug", "zipp"),
    ),
    runtime=LAMBDA_COMPILED,
)
# Not the path and the query: filters name customers.
LOGGED = {
    "request": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "status": "$context.status",
    "error": "$context.integrationErrorMessage",
    "milliseconds": "$context.responseLatency",
    "bytes": "$context.responseLength",
}


class Dashboard(LakeStack):
    """`reader` is the function as a user of Athena: views of curated in a workgroup of its own."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: LakeConfig,
        storage: Storage,
        catalog: Catalog,
        live_table: LakeTable | None,
    ) -> None:
        super().__init__(scope, id_, config=config, description="the web dashboard")
        self.api = apigateway.HttpApi(
            self,
            "Api",
            api_name=f"{config.prefix}-dashboard",
            description=f"{config.prefix}: the web dashboard",
            create_default_stage=False,
        )
        self.users = Users(self, "Users", config=config, origin=self.api.api_endpoint)
        workgroup = f"{config.prefix}-dashboard"
        spec = FunctionSpec(
            name="dashboard",
            title="serves the web dashboard",
            environment={
                "ORIGIN": self.api.api_endpoint,
                "WORKGROUP": workgroup,
                "DATABASE": config.database("curated"),
                "SESSION_SECONDS": str(config.dashboard.session_minutes * 60),
                **self.users.environment,
                **({"LIVE_TABLE": live_table.table_name} if live_table else {}),
            },
            timeout=TIMEOUT,
            concurrency=config.dashboard.concurrency,
            code=CODE,
            memory_mb=config.dashboard.memory_mb,
        )
        self.function = LakeFunction(self, "Function", spec=spec, config=config, storage=storage)
        self.users.let_read_client(self.function.role)
        if live_table:
            live_table.allow(self.function.role)
        self.reader = Reader(
            self,
            "Dashboard",
            config=config,
            storage=storage,
            catalog=catalog,
            zones=("curated",),
            program=Program(role=self.function.role, scan_limit_gb=config.dashboard.scan_limit_gb),
        )
        self._serve(config, storage)
        if config.dashboard.waf:
            Firewall(self, "Firewall", name="dashboard", resource_arn=self.users.pool.user_pool_arn, config=config)
        self.alerts = [*self.function.alerts(), self._alert()]
        self.output("DashboardUrl", self.api.api_endpoint, "address of the web dashboard")
        self.output("DashboardUserPool", self.users.pool.user_pool_id, "user pool of the web dashboard")

    def _serve(self, config: LakeConfig, storage: Storage) -> None:
        logs = LakeLogs(self, "Logs", config=config, key=storage.key, name=f"/{config.prefix}/dashboard")
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=config.dashboard.requests_per_second, burst_limit=BURST),
        )
        inner = stage.node.default_child
        assert isinstance(inner, apigateway.CfnStage)
        inner.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=logs.log_group_arn, format=json.dumps(LOGGED)
        )
        integration = integrations.HttpLambdaIntegration(
            "Integration", self.function.function, payload_format_version=apigateway.PayloadFormatVersion.VERSION_2_0
        )
        route = apigateway.HttpRoute(
            self, "Route", http_api=self.api, integration=integration, route_key=apigateway.HttpRouteKey.DEFAULT
        )
        acknowledge(
            route,
            "AwsSolutions-APIG4",
            reason="API Gateway's authorizer reads a token from a header, which a browser that opens a page does not send. The "
            "function itself lets in sessions that began with a sign-in at Cognito, and leads everyone else there.",
        )

    def _alert(self) -> Alert:
        failed = metric("AWS/ApiGateway", "5xx", of={"ApiId": self.api.api_id, "Stage": "$default"})
        return Alert("dashboard-failed", failed, above=0, what="The web dashboard answered a request with 5xx.")
