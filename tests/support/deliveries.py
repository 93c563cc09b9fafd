"""What AWS services deliver to resources of a deployment, and whether the resource policies and key policies allow it.

Services that assume a role need no resource policy; the permission table covers their roles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.support.policies import Content, Names

# By resource type with a policy of its own: the type of the policy, and the property that names the resource.
POLICY_TYPES = {
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
    "AWS::Lambda::Function": ("AWS::Lambda::Permission", "FunctionName"),
}
# The key actions that a service needs to deliver to an encrypted resource, as AWS documents them.
KEY_ACTIONS = {
    "AWS::SNS::Topic": ("kms:Decrypt", "kms:GenerateDataKey"),
    "AWS::S3::Bucket": ("kms:GenerateDataKey",),
    "AWS::Logs::LogGroup": ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"),
}
# Types that deliver to other resources, and for which `deliveries` has no rule yet.
UNKNOWN = ("AWS::Pipes::Pipe", "AWS::S3::BucketNotification", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Url")
INVOKED = re.compile(r"functions/(.+)/invocations$")


class Delivery(NamedTuple):
    """`source` delivers to `target` (construct paths) as `service`; `action` is empty if only the key is used."""

    source: str
    service: str
    action: str
    target: str


class Deployed:
    """The resources of all templates by construct path."""

    def __init__(self, content: Content) -> None:
        self.names = Names(content)
        self.resources = {
            self.names.paths[stack, id_]: (stack, resource)
            for stack, template in content.items()
            for id_, resource in template["Resources"].items()
        }

    def path(self, stack: str, node: Any) -> str:
        return self.names.text(stack, node)

    def deliveries(self) -> Iterator[Delivery]:
        """Every delivery; AssertionError for a type that delivers, but is unknown here."""
        for source, (stack, resource) in self.resources.items():
            kind, properties = resource["Type"], resource.get("Properties", {})
            assert kind not in UNKNOWN, f"{source}: add a rule for the deliveries of {kind}"
            for service, action, target in _targets(kind, properties):
                path = self.path(stack, target)
                invoked = INVOKED.search(path)
                yield Delivery(source, service, action, invoked[1] if invoked else path)
            if kind == "AWS::Logs::LogGroup" and "KmsKeyId" in properties:
                yield Delivery(source, "logs.<Region>.amazonaws.com", "", source)

    def refusals(self) -> list[str]:
        """Deliveries that a resource policy or a key policy does not allow."""
        return [f"{delivery}: {reason}" for delivery in self.deliveries() for reason in self._refusals(delivery)]

    def _refusals(self, delivery: Delivery) -> Iterator[str]:
        stack, target = self.resources[delivery.target]
        if delivery.action and not self._allowed(
            self._policy(delivery.target, target["Type"]), delivery.service, delivery.action
        ):
            yield "the resource policy does not allow it"
        key = _key(target)
        if key is None:
            return
        key_stack, resource = self.resources[self.path(stack, key)]
        statements = [(key_stack, statement) for statement in resource["Properties"]["KeyPolicy"]["Statement"]]
        for action in KEY_ACTIONS[target["Type"]]:
            if not self._allowed(statements, delivery.service, action):
                yield f"the key policy does not allow {action}"

    def _policy(self, path: str, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
        policy_type, property_name = POLICY_TYPES[kind]
        return [
            (stack, statement)
            for stack, resource in self.resources.values()
            if resource["Type"] == policy_type
            and path in [self.path(stack, node) for node in _list(resource["Properties"][property_name])]
            for statement in _statements(resource["Properties"])
        ]

    def _allowed(self, statements: list[tuple[str, Mapping[str, Any]]], service: str, action: str) -> bool:
        """Whether a statement allows it, for sources of this deployment only (against the confused deputy)."""
        for stack, statement in statements:
            principal = statement["Principal"]
            services = _list(principal.get("Service", [])) if isinstance(principal, Mapping) else []
            named = service in [self.path(stack, node) for node in services]
            actions = [entry.removesuffix("*") for entry in _list(statement["Action"])]
            conditions = {key for keys in statement.get("Condition", {}).values() for key in keys}
            own = conditions & {"aws:SourceAccount", "aws:SourceArn", "kms:EncryptionContext:aws:logs:arn"}
            if statement["Effect"] == "Allow" and named and action in actions and own:
                return True
        return False


def _statements(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a policy; a Lambda permission is a single one, written in a form of its own."""
    if "PolicyDocument" in properties:
        statements: list[Mapping[str, Any]] = properties["PolicyDocument"]["Statement"]
        return statements
    condition = {"Condition": {"ArnLike": {"aws:SourceArn": properties["SourceArn"]}}} if "SourceArn" in properties else {}
    return [{"Effect": "Allow", "Principal": {"Service": properties["Principal"]}, "Action": properties["Action"], **condition}]


def _targets(kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Service, action and target of what a resource delivers."""
    if kind == "AWS::CloudWatch::Alarm":
        for name in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            yield from (("cloudwatch.amazonaws.com", "sns:Publish", target) for target in properties.get(name, []))
    if kind == "AWS::Events::Rule":
        targets = [target for target in properties.get("Targets", []) if "RoleArn" not in target]
        yield from (("events.amazonaws.com", "sns:Publish", target["Arn"]) for target in targets)
    if kind == "AWS::Budgets::Budget":
        for notification in properties.get("NotificationsWithSubscribers", []):
            topics = [entry["Address"] for entry in notification["Subscribers"] if entry["SubscriptionType"] == "SNS"]
            yield from (("budgets.amazonaws.com", "sns:Publish", topic) for topic in topics)
    if kind == "AWS::ApiGateway::Method" and "Uri" in properties["Integration"]:
        yield "apigateway.amazonaws.com", "lambda:InvokeFunction", properties["Integration"]["Uri"]
    if kind == "AWS::CloudTrail::Trail":
        yield "cloudtrail.amazonaws.com", "s3:PutObject", properties["S3BucketName"]
    if kind == "AWS::S3::Bucket" and "LoggingConfiguration" in properties:
        yield "logging.s3.amazonaws.com", "s3:PutObject", properties["LoggingConfiguration"]["DestinationBucketName"]


def _key(resource: Mapping[str, Any]) -> Any:
    """The customer-managed key that encrypts a resource, or None."""
    properties = resource.get("Properties", {})
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [{}])
    by_default = rules[0].get("ServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    return properties.get("KmsMasterKeyId") or properties.get("KmsKeyId") or by_default


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
