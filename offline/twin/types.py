"""The resource types that moto's CloudFormation passes over in silence: each is created here by its service's own API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.model import Shape, StructureShape
from moto.cloudformation.parsing import NULL_MODELS, get_model_list, get_model_map, get_name_type_map
from moto.core.common_models import CloudFormationModel

from offline.twin.endpoint import ACCOUNT, REGION, connect

Properties = dict[str, Any]

SKIPPED = {
    "AWS::CDK::Metadata": "tells AWS which constructs an app uses; nothing reads it",
    "AWS::EC2::VPCEndpointServicePermissions": "moto has no such API; nothing in the twin goes through an endpoint",
    "AWS::EC2::SecurityGroupEgress": "moto has no such type; no packet in the twin passes a security group",
}
"""Types that the twin leaves out, and why. A `Ref` to one is its name."""


@dataclass(frozen=True)
class Recipe:
    """How a type is made: the API calls for its properties and name, and its physical id given the last call and answer."""

    service: str
    operation: str
    calls: Callable[[Properties, str], Sequence[Properties]]
    identity: Callable[[Properties, Properties], str]
    arn: str = "{id}"


def _own(*names: str, **renamed: str) -> Callable[[Properties, str], list[Properties]]:
    """One call with the properties as they are; the first of `names` is the name where the template has none."""

    def calls(properties: Properties, name: str) -> list[Properties]:
        given = {renamed.get(key, key): value for key, value in properties.items()}
        return [({names[0]: name} if names else {}) | given]

    return calls


def _by(key: str) -> Callable[[Properties, Properties], str]:
    return lambda call, answer: str(answer.get(key) or call[key])


def _policies(properties: Properties, key: str, argument: str) -> list[Properties]:
    document = json.dumps(properties["PolicyDocument"])
    if argument == "TopicArn":
        return [{"TopicArn": each, "AttributeName": "Policy", "AttributeValue": document} for each in properties[key]]
    return [{"QueueUrl": each, "Attributes": {"Policy": document}} for each in properties[key]]


def _security(properties: Properties, name: str) -> list[Properties]:
    encryption = {key.replace("S3Encryptions", "S3Encryption"): v for key, v in properties["EncryptionConfiguration"].items()}
    return [{"Name": properties.get("Name", name), "EncryptionConfiguration": encryption}]


def _budget(properties: Properties, name: str) -> list[Properties]:
    budget = {"BudgetName": name} | properties["Budget"]
    told = properties.get("NotificationsWithSubscribers", [])
    return [{"AccountId": ACCOUNT, "Budget": budget, "NotificationsWithSubscribers": told}]


def _trail(properties: Properties, name: str) -> list[Properties]:
    return [{"Name": properties.get("TrailName", name), "TagsList": properties.get("Tags", [])} | properties]


def _arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


RECIPES = {
    "AWS::S3::BucketPolicy": Recipe(
        "s3",
        "put_bucket_policy",
        lambda p, _: [{"Bucket": p["Bucket"], "Policy": json.dumps(p["PolicyDocument"])}],
        _by("Bucket"),
    ),
    "AWS::SNS::TopicPolicy": Recipe(
        "sns", "set_topic_attributes", lambda p, _: _policies(p, "Topics", "TopicArn"), _by("TopicArn")
    ),
    "AWS::SQS::QueuePolicy": Recipe(
        "sqs", "set_queue_attributes", lambda p, _: _policies(p, "Queues", "QueueUrl"), _by("QueueUrl")
    ),
    "AWS::SNS::Subscription": Recipe("sns", "subscribe", _own(), _by("SubscriptionArn")),
    "AWS::Glue::Database": Recipe("glue", "create_database", _own(), lambda call, _: str(call["DatabaseInput"]["Name"])),
    "AWS::Glue::Table": Recipe("glue", "create_table", _own(), lambda call, _: str(call["TableInput"]["Name"])),
    "AWS::Glue::Job": Recipe("glue", "create_job", _own("Name"), _by("Name")),
    "AWS::Glue::SecurityConfiguration": Recipe("glue", "create_security_configuration", _security, _by("Name")),
    "AWS::Glue::Connection": Recipe(
        "glue",
        "create_connection",
        lambda p, name: [{"ConnectionInput": {"Name": name} | p["ConnectionInput"]}],
        lambda call, _: str(call["ConnectionInput"]["Name"]),
    ),
    "AWS::Athena::WorkGroup": Recipe(
        "athena", "create_work_group", _own("Name", WorkGroupConfiguration="Configuration"), _by("Name")
    ),
    "AWS::Athena::NamedQuery": Recipe("athena", "create_named_query", _own("Name"), _by("NamedQueryId")),
    "AWS::CloudWatch::Alarm": Recipe(
        "cloudwatch", "put_metric_alarm", _own("AlarmName"), _by("AlarmName"), _arn("cloudwatch", "alarm:{id}")
    ),
    "AWS::Logs::MetricFilter": Recipe(
        "logs",
        "put_metric_filter",
        lambda p, name: [{"FilterName": name} | p],
        _by("filterName"),
    ),
    "AWS::Logs::QueryDefinition": Recipe("logs", "put_query_definition", _own("Name"), _by("queryDefinitionId")),
    "AWS::Budgets::Budget": Recipe("budgets", "create_budget", _budget, lambda call, _: str(call["Budget"]["BudgetName"])),
    "AWS::Scheduler::ScheduleGroup": Recipe(
        "scheduler", "create_schedule_group", _own("Name"), _by("Name"), _arn("scheduler", "schedule-group/{id}")
    ),
    "AWS::Scheduler::Schedule": Recipe(
        "scheduler", "create_schedule", _own("Name"), _by("Name"), _arn("scheduler", "schedule/default/{id}")
    ),
    "AWS::CloudTrail::Trail": Recipe("cloudtrail", "create_trail", _trail, _by("Name"), _arn("cloudtrail", "trail/{id}")),
    "AWS::LakeFormation::Resource": Recipe("lakeformation", "register_resource", _own(), _by("ResourceArn")),
    "AWS::LakeFormation::Tag": Recipe("lakeformation", "create_lf_tag", _own(), _by("TagKey")),
    "AWS::LakeFormation::DataLakeSettings": Recipe(
        "lakeformation",
        "put_data_lake_settings",
        lambda p, _: [{"DataLakeSettings": p | {"DataLakeAdmins": p.get("Admins", [])}}],
        lambda _, __: ACCOUNT,
    ),
    "AWS::LakeFormation::TagAssociation": Recipe(
        "lakeformation", "add_lf_tags_to_resource", _own(), lambda call, _: json.dumps(call["Resource"])
    ),
    "AWS::LakeFormation::PrincipalPermissions": Recipe(
        "lakeformation", "grant_permissions", _own(), lambda call, _: json.dumps([call["Principal"], call["Resource"]])
    ),
}


class _Made(CloudFormationModel):
    """A resource that a recipe made, or one that is skipped: then nothing was called, and its id is its name."""

    kind: str
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
        arn = self.recipe.arn if self.recipe and attribute.endswith("Arn") else "{id}"
        return arn.format(id=self.physical_resource_id)

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
    ) -> _Made:
        if cls.recipe is None:
            return cls(resource_name)
        client = connect(cls.recipe.service)
        identity = resource_name
        for call in cls.recipe.calls(dict(cloudformation_json.get("Properties", {})), resource_name):
            operation = client.meta.method_to_api_mapping[cls.recipe.operation]
            shape = client.meta.service_model.operation_model(operation).input_shape
            fitted = fit(call, shape) if shape else call
            identity = cls.recipe.identity(fitted, getattr(client, cls.recipe.operation)(**fitted))
        return cls(identity)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource: _Made, **_: Any) -> _Made:
        """The twin is created anew when its app changes; it is never updated."""
        return original_resource

    @classmethod
    def delete_from_cloudformation_json(cls, *_: Any) -> None:
        """Nor is a part of it ever deleted."""


def fit(value: Any, shape: Shape) -> Any:
    """A CloudFormation value in the form an API call takes: numbers and booleans are strings there, and names may differ
    in their first letter. What the call has no name for (tags in another form, say) is left out."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        names = {name.lower(): name for name in shape.members}
        known = {names[key.lower()]: inner for key, inner in value.items() if key.lower() in names}
        return {name: fit(inner, shape.members[name]) for name, inner in known.items()}
    kind = shape.type_name
    if kind == "list" and isinstance(value, list):
        return [fit(inner, shape.member) for inner in value]
    if kind == "map" and isinstance(value, Mapping):
        return {key: fit(inner, shape.value) for key, inner in value.items()}
    if kind == "boolean":
        return str(value).lower() == "true"
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "string":
        return json.dumps(value) if isinstance(value, Mapping) else str(value)
    return value


def install() -> None:
    """Adds every recipe, and every skipped type, to the types that moto's CloudFormation knows."""
    for kind in (*RECIPES, *SKIPPED):
        type(
            kind.replace("::", ""),
            (_Made, CloudFormationModel),
            {
                "__module__": __name__,
                "kind": kind,
                "recipe": RECIPES.get(kind),
                "cloudformation_type": staticmethod(lambda kind=kind: kind),
            },
        )
    get_model_list.cache_clear()
    get_model_map.cache_clear()
    get_name_type_map.cache_clear()


def known() -> frozenset[str]:
    """The types that can be created, or are skipped for a reason."""
    return frozenset((*get_model_map(), *RECIPES, *SKIPPED, *NULL_MODELS))
