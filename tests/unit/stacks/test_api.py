"""The REST API: routes, keys, limits, and the answers that API Gateway gives by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.live_settings import Api
from tests.support.deliveries import Deployed
from tests.support.deployments import Deployment, Synthesize

ROUTES = {
    ("POST", "/v1/events"): ("ingest", False),
    ("OPTIONS", "/v1/events"): ("ingest", False),
    ("GET", "/v1/shoplake.js"): ("ingest", False),
    ("GET", "/v1/openapi.json"): ("ingest", False),
    ("POST", "/v1/files/{source}"): ("ingest", True),
    ("GET", "/v1/live/metrics"): ("serving", True),
    ("GET", "/v1/live/top-products"): ("serving", True),
    ("GET", "/v1/customers/{id}"): ("serving", True),
    ("GET", "/v1/customers/{id}/recommendations"): ("serving", True),
    ("GET", "/v1/products/{id}/related"): ("serving", True),
}


def one(deployment: Deployment, kind: str) -> dict[str, Any]:
    (found,) = deployment.resources(f"AWS::ApiGateway::{kind}", stack="api")
    properties: dict[str, Any] = found["Properties"]
    return properties


def paths(deployment: Deployment) -> dict[str, str]:
    """The path of every resource by logical id."""
    parts = {
        id_: (resource["Properties"]["ParentId"].get("Ref"), resource["Properties"]["PathPart"])
        for id_, resource in deployment.content["api"]["Resources"].items()
        if resource["Type"] == "AWS::ApiGateway::Resource"
    }

    def path(id_: str | None) -> str:
        return f"{path(parts[id_][0])}/{parts[id_][1]}" if id_ in parts else ""

    return {id_: path(id_) for id_ in parts}


def methods(deployment: Deployment) -> dict[tuple[str, str], dict[str, Any]]:
    by_id = paths(deployment)
    found = [entry["Properties"] for entry in deployment.resources("AWS::ApiGateway::Method", stack="api")]
    return {(method["HttpMethod"], by_id[method["ResourceId"]["Ref"]]): method for method in found}


def test_each_route_calls_its_function(dev: Deployment) -> None:
    found = methods(dev)
    assert {
        route: (
            "ingest" if "IngestFunction" in json.dumps(method["Integration"]["Uri"]) else "serving",
            method["ApiKeyRequired"],
        )
        for route, method in found.items()
    } == ROUTES
    assert {(method["Integration"]["Type"], method["Integration"]["IntegrationHttpMethod"]) for method in found.values()} == {
        ("AWS_PROXY", "POST")
    }


def test_each_method_may_call_its_function_and_no_other_may(dev: Deployment) -> None:
    deployed = Deployed(dev.content)
    calls = [delivery for delivery in deployed.deliveries() if delivery.action == "lambda:InvokeFunction"]
    assert len(calls) == len(ROUTES)
    assert {delivery.target for delivery in calls} == {"ingest/Ingest/Function", "serving/Serving/Function"}
    assert [refusal for refusal in deployed.refusals() if "lambda" in refusal] == []
    sources = [json.dumps(entry["Properties"]["SourceArn"]) for entry in dev.resources("AWS::Lambda::Permission")]
    assert len(set(sources)) == len(ROUTES)
    for method, path in ROUTES:
        plain = path.replace("{source}", "*").replace("{id}", "*")
        assert [source for source in sources if f"/{method}{plain}" in source], (method, path)


def test_without_its_permission_a_method_is_reported(dev: Deployment) -> None:
    # GIVEN
    content = json.loads(json.dumps(dev.content))
    api = content["api"]["Resources"]
    content["api"]["Resources"] = {id_: entry for id_, entry in api.items() if entry["Type"] != "AWS::Lambda::Permission"}
    # WHEN / THEN
    refusals = [refusal for refusal in Deployed(content).refusals() if "lambda:InvokeFunction" in refusal]
    assert len(refusals) == len(ROUTES)


def test_events_are_not_checked_before_the_function_sees_them(dev: Deployment) -> None:
    # A refusal by API Gateway would lose good events of the batch, and the bytes of bad ones.
    for (_, path), method in methods(dev).items():
        assert ("RequestValidatorId" in method) == (path not in ("/v1/events", "/v1/shoplake.js", "/v1/openapi.json"))
    validator = one(dev, "RequestValidator")
    assert (validator["ValidateRequestBody"], validator["ValidateRequestParameters"]) == (True, True)
    assert methods(dev)["POST", "/v1/events"]["RequestModels"].keys() == {"application/json"}


def test_packed_bodies_are_accepted(dev: Deployment) -> None:
    api = one(dev, "RestApi")
    assert api["BinaryMediaTypes"] == ["application/gzip", "application/x-gzip", "application/octet-stream"]
    # With it, bodies with Content-Encoding: gzip are unpacked.
    assert api["MinimumCompressionSize"] == 1024
    assert api["EndpointConfiguration"]["Types"] == ["REGIONAL"]


def test_the_stage_is_throttled_and_traced(synthesize: Synthesize) -> None:
    stage = one(synthesize(api={"throttle_rate": 300, "throttle_burst": 600}), "Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (300, 600)
    assert (stage["StageName"], stage["TracingEnabled"]) == ("live", True)
    # Metrics by method are paid; bodies and keys are not logged.
    assert (settings["MetricsEnabled"], settings["DataTraceEnabled"], settings["LoggingLevel"]) == (False, False, "OFF")


def test_the_access_log_names_nobody(dev: Deployment) -> None:
    logged = json.loads(one(dev, "Stage")["AccessLogSetting"]["Format"])
    assert set(logged.values()) == {
        "$context.error.responseType",
        "$context.httpMethod",
        "$context.integrationLatency",
        "$context.requestId",
        "$context.requestTime",
        "$context.resourcePath",  # the template, with {id}; $context.path would have the customer's id
        "$context.responseLatency",
        "$context.responseLength",
        "$context.status",
        "$context.xrayTraceId",
    }


def test_the_key_of_servers_is_the_secret(dev: Deployment) -> None:
    key = one(dev, "ApiKey")
    parts = key["Value"]["Fn::Join"][1]
    assert parts[0] == "{{resolve:secretsmanager:"
    assert "ServerKey" in parts[1]["Fn::ImportValue"]
    assert parts[2] == ":SecretString:::}}"
    assert one(dev, "UsagePlanKey")["KeyType"] == "API_KEY"
    plan = one(dev, "UsagePlan")
    defaults = Api()
    assert plan["Throttle"] == {"RateLimit": defaults.throttle_rate, "BurstLimit": defaults.throttle_burst}
    assert len(plan["ApiStages"]) == 1


def test_every_answer_of_api_gateway_has_our_form(dev: Deployment) -> None:
    answers = {
        entry["Properties"]["ResponseType"]: entry["Properties"] for entry in dev.resources("AWS::ApiGateway::GatewayResponse")
    }
    statuses = {kind: answer.get("StatusCode") for kind, answer in answers.items()}
    assert statuses == {
        "DEFAULT_4XX": None,
        "DEFAULT_5XX": None,
        "BAD_REQUEST_BODY": "400",
        "BAD_REQUEST_PARAMETERS": "400",
        "ACCESS_DENIED": "403",
        "INVALID_API_KEY": "403",
        "WAF_FILTERED": "403",
        "MISSING_AUTHENTICATION_TOKEN": "404",
        "RESOURCE_NOT_FOUND": "404",
        "REQUEST_TOO_LARGE": "413",
        "UNSUPPORTED_MEDIA_TYPE": "415",
        "QUOTA_EXCEEDED": "429",
        "THROTTLED": "429",
        "INTEGRATION_FAILURE": "504",
        "INTEGRATION_TIMEOUT": "504",
    }
    for kind, answer in answers.items():
        headers = answer["ResponseParameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'", kind
        assert ("gatewayresponse.header.Retry-After" in headers) == (statuses[kind] in ("429", "504")), kind
        assert list(answer["ResponseTemplates"]) == ["application/json"]
        body = json.loads(answer["ResponseTemplates"]["application/json"])
        assert body.keys() == {"accepted", "rejected", "failed", "errors"}
        (error,) = body["errors"]
        assert error.keys() == {"code", "message"}
        assert error["message"].endswith(".")


def test_a_firewall_is_optional(synthesize: Synthesize, dev: Deployment) -> None:
    assert dev.resources("AWS::WAFv2::WebACL") == []
    (acl,) = synthesize(api={"waf": True}).resources("AWS::WAFv2::WebACL")
    assert [rule["Name"] for rule in acl["Properties"]["Rules"]] == [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "Rate",
    ]
    assert len(synthesize(api={"waf": True}).resources("AWS::WAFv2::WebACLAssociation")) == 1


@pytest.mark.parametrize(("setting", "accounts"), [("create", 1), ("existing", 0)])
def test_the_accounts_role_for_logs_may_belong_to_others(synthesize: Synthesize, setting: str, accounts: int) -> None:
    assert len(synthesize(api={"account_role": setting}).resources("AWS::ApiGateway::Account")) == accounts
