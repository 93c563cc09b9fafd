"""The web dashboard on AWS: who may sign in, what the function may do, and that nothing else leads to it."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import LakeError
from stacks.config import LakeConfig
from stacks.permissions import ACTIONS, written
from tests.support.deployments import EVERYTHING, Deployment, Synthesize
from tests.support.policies import facts

ROLE = "dashboard/Function/Role"


@pytest.fixture(scope="module")
def deployment(synthesize: Synthesize) -> Deployment:
    return synthesize("prod", **EVERYTHING)


def properties(deployment: Deployment, kind: str) -> dict[str, Any]:
    (resource,) = deployment.resources(f"AWS::{kind}", stack="dashboard")
    content: dict[str, Any] = resource["Properties"]
    return content


def text(value: Any) -> str:
    """A value with references as <name>."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(text, parts))
        case {"Ref": name}:
            return f"<{name.removeprefix('AWS::')}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name[:3]}.{attribute}>"
    return str(value)


def test_it_is_off_by_default(dev: Deployment) -> None:
    assert "dashboard" not in dev.content
    assert not [kind for kind in ("AWS::Cognito::UserPool", "AWS::ApiGatewayV2::Api") if dev.resources(kind)]


def test_only_administrators_add_users_who_need_a_second_factor(deployment: Deployment) -> None:
    pool = properties(deployment, "Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert pool["DeletionProtection"] == "ACTIVE"


def test_cognitos_pages_lead_back_to_the_dashboard_and_nowhere_else(deployment: Deployment) -> None:
    client = properties(deployment, "Cognito::UserPoolClient")
    assert [text(url) for url in client["CallbackURLs"]] == ["<Api.ApiEndpoint>/signed-in"]
    assert [text(url) for url in client["LogoutURLs"]] == ["<Api.ApiEndpoint>/signed-out"]
    assert (client["AllowedOAuthFlows"], client["AllowedOAuthScopes"]) == (["code"], ["openid"])
    assert (client["GenerateSecret"], client["ExplicitAuthFlows"]) == (True, ["ALLOW_REFRESH_TOKEN_AUTH"])


def test_the_function_knows_its_address_its_pool_and_its_workgroup(deployment: Deployment) -> None:
    function = properties(deployment, "Lambda::Function")
    environment = {name: text(value) for name, value in function["Environment"]["Variables"].items()}
    workgroup = properties(deployment, "Athena::WorkGroup")
    assert environment["ORIGIN"] == "<Api.ApiEndpoint>"
    assert environment["SIGN_IN"].startswith("https://<UsersPoolDomain")
    assert environment["SIGN_IN"].endswith(".auth.<Region>.amazoncognito.com")
    assert environment["ISSUER"].startswith("https://cognito-idp.<Region>.amazonaws.com/<UsersPool")
    assert environment["WORKGROUP"] == workgroup["Name"] == "shoplake-prod-dashboard"
    assert (environment["DATABASE"], environment["SESSION_SECONDS"]) == ("shoplake_prod_curated", "3600")
    assert "KmsKeyArn" in function
    # Compiled libraries are for this Python and processor.
    assert (function["Runtime"], function["Architectures"]) == ("python3.11", ["x86_64"])
    assert function["Timeout"] < 30


def test_a_query_that_scans_too_much_is_canceled(deployment: Deployment) -> None:
    limits = properties(deployment, "Athena::WorkGroup")["WorkGroupConfiguration"]
    assert (limits["BytesScannedCutoffPerQuery"], limits["EnforceWorkGroupConfiguration"]) == (10_000_000_000, True)
    assert limits["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"


def test_every_request_goes_to_the_function_throttled_and_logged_without_its_address(deployment: Deployment) -> None:
    assert properties(deployment, "ApiGatewayV2::Route")["RouteKey"] == "$default"
    stage = properties(deployment, "ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50}
    assert not [word for word in ("path", "query", "sourceIp", "cookie") if word in stage["AccessLogSettings"]["Format"]]
    permission = properties(deployment, "Lambda::Permission")
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert ":execute-api:" in text(permission["SourceArn"])


def test_it_reads_curated_and_the_live_table_and_changes_nothing(deployment: Deployment) -> None:
    granted = facts(deployment.content)
    assert granted == written(deployment.config)
    own = {fact for fact in granted if fact.role == ROLE}
    assert {fact.resource for fact in own if fact.action.startswith("dynamodb:")} == {"serving/LiveTable"}
    changing = ("s3:Put", "s3:Delete", "dynamodb:Put", "dynamodb:Update", "dynamodb:Delete", "dynamodb:Batch", "glue:Create")
    changed = {(fact.action, fact.resource) for fact in own if fact.action.startswith(changing)}
    assert changed == {("dynamodb:BatchGetItem", "serving/LiveTable"), ("s3:PutObject", "storage/Results/dashboard/*")}
    assert not [fact for fact in own if "processed" in fact.resource.lower() or "Raw" in fact.resource]
    assert {fact.action for fact in own if fact.action.startswith("athena:")} == set(ACTIONS["start queries and get results"])


def test_lake_formation_grants_it_what_a_bi_tool_gets(deployment: Deployment) -> None:
    grants = deployment.resources("AWS::LakeFormation::PrincipalPermissions", stack="govern")
    by_role: dict[str, list[Any]] = {}
    for grant in grants:
        who = str(grant["Properties"]["Principal"]["DataLakePrincipalIdentifier"])
        by_role.setdefault("dashboard" if "dashboard:" in who else "bi" if "BiRole" in who else "other", []).append(
            (grant["Properties"]["Permissions"], grant["Properties"]["Resource"])
        )
    assert by_role["dashboard"] == by_role["bi"]


def test_without_a_live_path_it_has_no_table(synthesize: Synthesize) -> None:
    batch_only = synthesize(live_path=False, dashboard={"enabled": True})
    assert "LIVE_TABLE" not in properties(batch_only, "Lambda::Function")["Environment"]["Variables"]
    assert facts(batch_only.content) == written(batch_only.config)
    assert not batch_only.resources("AWS::WAFv2::WebACL")


def test_the_firewall_is_in_front_of_the_sign_in(deployment: Deployment) -> None:
    association = properties(deployment, "WAFv2::WebACLAssociation")
    assert text(association["ResourceArn"]) == "<Use.Arn>"


@pytest.mark.parametrize("name", ["my-aws-shop", "cognito", "amazonia"])
def test_a_name_that_cognito_refuses_is_refused_before(name: str) -> None:
    with pytest.raises(LakeError, match=rf"name is {name}, but dashboard.enabled is true, and Cognito refuses a domain with"):
        LakeConfig.load(overrides={"name": name, "dashboard": {"enabled": True}})
    assert LakeConfig.load(overrides={"name": name}).name == name
