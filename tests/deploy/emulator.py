"""The emulator `ministack`, plus the CloudFormation types that the lake uses and ministack lacks.

Runs in .venv-deploy, which has nothing of ours. ministack refuses a template with an unknown type, although it implements most of
the services behind them; so each type is added here as a call of that service's API, inside the process. Types without a service
(RECORDED) get an id and nothing else. Properties are asserted on templates, not here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core.responses import new_uuid
from ministack.services import athena, budgets, cloudtrail, ec2, glue
from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, Any]]

FAULT = Path("fault")
RECORDED = (
    "AWS::LakeFormation::DataLakeSettings",
    "AWS::LakeFormation::PrincipalPermissions",
    "AWS::LakeFormation::Resource",
    "AWS::LakeFormation::Tag",
    "AWS::LakeFormation::TagAssociation",
    "AWS::Glue::DataCatalogEncryptionSettings",
)


def call(function: Callable[[Any], tuple[int, Any, Any]], request: Any) -> dict[str, Any]:
    """The service's response; an error fails the resource."""
    status, _, body = function(request)
    if status >= 400:
        raise ValueError(f"{function.__name__}: {body!r}")
    text = body.decode() if isinstance(body, bytes) else body
    return json.loads(text) if text and text.startswith("{") else {}


def named_query(_id: str, properties: Properties, _stack: str) -> Created:
    query = call(athena._create_named_query, properties)["NamedQueryId"]
    return query, {"NamedQueryId": query}


def security_configuration(_id: str, properties: Properties, _stack: str) -> Created:
    call(glue._create_security_configuration, properties)
    return properties["Name"], {}


def trail(_id: str, properties: Properties, _stack: str) -> Created:
    name = properties["TrailName"]
    renamed = {"EnableLogFileValidation": properties.get("EnableLogFileValidation", False)}
    created = call(cloudtrail._create_trail, {**properties, **renamed, "Name": name})
    selectors = properties.get("AdvancedEventSelectors")
    if selectors:
        call(cloudtrail._put_event_selectors, {"TrailName": name, "AdvancedEventSelectors": selectors})
    if properties["IsLogging"]:
        call(cloudtrail._start_logging, {"Name": name})
    return name, {"Arn": created["TrailARN"]}


def budget(_id: str, properties: Properties, _stack: str) -> Created:
    request = json.loads(json.dumps(properties))
    limit = request["Budget"]["BudgetLimit"]
    limit["Amount"] = str(limit["Amount"])
    call(budgets._create_budget, request)
    return request["Budget"]["BudgetName"], {}


def flow_log(_id: str, properties: Properties, _stack: str) -> Created:
    params = {key: [str(value)] for key, value in properties.items() if isinstance(value, str)}
    before = set(ec2._flow_logs)
    call(ec2._create_flow_logs, {**params, "ResourceId.1": [properties["ResourceId"]]})
    (created,) = set(ec2._flow_logs) - before
    return created, {}


def rule_of(kind: str) -> Callable[..., Created]:
    """Ingress or egress rules as separate resources."""

    def create(id_: str, properties: Properties, _stack: str) -> Created:
        group = ec2._security_groups[properties["GroupId"]]
        group[kind].extend(provisioners._ec2_sg_permissions([properties]))
        rule = f"sgr-{new_uuid().replace('-', '')[:17]}"
        return rule, {"Id": rule}

    return create


def recorded(id_: str, _properties: Properties, stack: str) -> Created:
    return f"{stack}-{id_}", {}


DELETE: dict[str, Callable[[str], Any]] = {
    "AWS::Athena::NamedQuery": lambda id_: athena._delete_named_query({"NamedQueryId": id_}),
    "AWS::Budgets::Budget": lambda id_: budgets._delete_budget({"BudgetName": id_}),
    "AWS::CloudTrail::Trail": lambda id_: cloudtrail._delete_trail({"Name": id_}),
    "AWS::EC2::FlowLog": lambda id_: ec2._delete_flow_logs({"FlowLogId.1": [id_]}),
    "AWS::Glue::SecurityConfiguration": lambda id_: glue._delete_security_configuration({"Name": id_}),
}
CREATE: dict[str, Callable[..., Created]] = {
    "AWS::Athena::NamedQuery": named_query,
    "AWS::Budgets::Budget": budget,
    "AWS::CloudTrail::Trail": trail,
    "AWS::EC2::FlowLog": flow_log,
    "AWS::EC2::SecurityGroupEgress": rule_of("IpPermissionsEgress"),
    "AWS::EC2::SecurityGroupIngress": rule_of("IpPermissions"),
    "AWS::Glue::SecurityConfiguration": security_configuration,
    **dict.fromkeys(RECORDED, recorded),
}


def handler(kind: str) -> dict[str, Any]:
    """Create and delete; an update deletes and creates, which is enough for these types."""
    create, remove = CREATE[kind], DELETE.get(kind, lambda _id: None)

    def delete(id_: str, _properties: Properties) -> None:
        remove(id_)

    def update(id_: str, _old: Properties, new: Properties, stack: str, logical: str | None = None) -> Created:
        remove(id_)
        return create(logical or id_, new, stack)

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def faulty(kind: str, create: Callable[..., Created]) -> Callable[..., Created]:
    """Fails while the file `fault` in the account's folder names this type."""

    def attempt(*arguments: Any, **names: Any) -> Created:
        if FAULT.exists() and FAULT.read_text() == kind:
            raise ValueError(f"{kind}: a fault of the test")
        return create(*arguments, **names)

    return attempt


def main() -> None:
    built_in = CREATE.keys() & provisioners._RESOURCE_HANDLERS.keys()
    if built_in:
        raise SystemExit(f"ministack now implements these types; remove them from {__file__}: {', '.join(sorted(built_in))}")
    provisioners._RESOURCE_HANDLERS.update({kind: handler(kind) for kind in CREATE})
    for kind, functions in provisioners._RESOURCE_HANDLERS.items():
        functions["create"] = faulty(kind, functions["create"])
    app.main()


if __name__ == "__main__":
    main()
