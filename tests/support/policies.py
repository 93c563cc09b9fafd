"""Every IAM statement of a synthesized deployment, as plain facts: role, action, resource, condition.

Resources are construct paths, such as storage/Raw for the bucket and storage/Raw/* for its objects; an ARN is shortened to
service:rest, since partition, region and account are always the deployment's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stacks.permissions import Fact

POLICIES = (
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
)
_ARN = re.compile(r"^arn:[^:]*:([^:]*):[^:]*:[^:]*:(.*)$")
_ASSET = re.compile(r"^s3:cdk-hnb659fds-assets-[^/]*/[0-9a-f]{64}")

Content = Mapping[str, Mapping[str, Any]]


class Names:
    """Resolves references in the templates of a deployment to construct paths."""

    def __init__(self, content: Content) -> None:
        self.paths = {
            (stack, id_): _path(stack, resource)
            for stack, template in content.items()
            for id_, resource in template["Resources"].items()
        }
        self.known = set(self.paths.values())
        self.exports = {
            output["Export"]["Name"]: (stack, output["Value"])
            for stack, template in content.items()
            for output in template.get("Outputs", {}).values()
            if "Export" in output
        }

    def text(self, stack: str, node: Any) -> str:
        """A template value as text, with references as construct paths."""
        if not isinstance(node, Mapping):
            return str(node)
        ((function, value),) = node.items()
        if function == "Ref":
            return self.paths.get((stack, value), f"<{value.removeprefix('AWS::')}>")
        if function == "Fn::GetAtt":
            assert value[1] in ("Arn", "GroupId", "SubnetId"), value
            return self.paths[stack, value[0]]
        if function == "Fn::ImportValue":
            return self.text(*self.exports[value])
        if function == "Fn::Join":
            return str(value[0]).join(self.text(stack, part) for part in value[1])
        if function == "Fn::FindInMap":
            return f"<{value[0]}>"
        assert function == "Fn::Sub", node
        return re.sub(r"\$\{AWS::(\w+)\}", r"<\1>", str(value))

    def resource(self, stack: str, node: Any) -> str:
        """The resource of a statement: a construct path with its suffix, or service:rest."""
        text = self.text(stack, node)
        arn = _ARN.match(text)
        if not arn:
            return text
        named = re.split(r"[:/]", arn[2], maxsplit=1)[-1]
        return named if named in self.known else _ASSET.sub("assets/*", f"{arn[1]}:{arn[2]}")


def facts(content: Content) -> set[Fact]:
    """The permissions of all identities; a Deny is a separate fact."""
    names = Names(content)
    granted: set[Fact] = set()
    for stack, template in content.items():
        for id_, resource in template["Resources"].items():
            for role, statement in _statements(names, stack, id_, resource):
                granted |= set(_facts(names, stack, role, statement))
    return granted


def trusted(content: Content) -> dict[str, str]:
    """The principals that may assume each role."""
    names = Names(content)
    return {
        names.paths[stack, id_]: " ".join(
            sorted(
                _principal(names, stack, statement)
                for statement in resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            )
        )
        for stack, template in content.items()
        for id_, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }


def _path(stack: str, resource: Mapping[str, Any]) -> str:
    parts = resource.get("Metadata", {}).get("aws:cdk:path", "?").split("/")[1:]
    return "/".join([stack, *[part for part in parts if part not in ("Resource", "Default")]])


def _statements(names: Names, stack: str, id_: str, resource: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    properties = resource.get("Properties", {})
    if resource["Type"] in POLICIES:
        holders = [*properties.get("Roles", []), *properties.get("Users", []), *properties.get("Groups", [])]
        holders = [names.text(stack, holder) for holder in holders] or ["nobody"]
        yield from ((holder, statement) for holder in holders for statement in properties["PolicyDocument"]["Statement"])
    if resource["Type"] in ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"):
        role = names.paths[stack, id_]
        for policy in properties.get("Policies", []):
            yield from ((role, statement) for statement in policy["PolicyDocument"]["Statement"])
        for managed in properties.get("ManagedPolicyArns", []):
            name = names.text(stack, managed.get("Fn::Sub", managed) if isinstance(managed, Mapping) else managed)
            yield role, {"Effect": "Allow", "Action": f"policy:{name.rsplit('/', 1)[-1]}", "Resource": "*"}


def _facts(names: Names, stack: str, role: str, statement: Mapping[str, Any]) -> Iterator[Fact]:
    when = " and ".join(
        f"{operator} {key}={','.join(sorted(names.resource(stack, value) for value in _list(values)))}"
        for operator, keys in sorted(statement.get("Condition", {}).items())
        for key, values in sorted(keys.items())
    )
    assert not {"NotAction", "NotResource"} & statement.keys(), statement
    prefix = "" if statement["Effect"] == "Allow" else "DENY "
    for action in _list(statement["Action"]):
        for resource in _list(statement["Resource"]):
            yield Fact(role, prefix + action, names.resource(stack, resource), when)


def _principal(names: Names, stack: str, statement: Mapping[str, Any]) -> str:
    ((kind, value),) = statement["Principal"].items()
    assert kind in ("Service", "AWS"), statement
    return names.resource(stack, value) if kind == "AWS" else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def planted(content: Content, stack: str, statement: Mapping[str, Any]) -> Content:
    """A copy of the deployment with one more statement in the first policy of a stack."""
    copy: dict[str, dict[str, Any]] = json.loads(json.dumps(content))
    policy = next(resource for resource in copy[stack]["Resources"].values() if resource["Type"] in POLICIES)
    policy["Properties"]["PolicyDocument"]["Statement"].append(statement)
    return copy
