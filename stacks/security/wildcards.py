"""cdk-nag's id for one wildcard of a policy, so that an exception covers that resource and no other."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

from stacks.security.packs import acknowledge


def acknowledge_wildcard(policy: IConstruct, resource: str, *, reason: str) -> None:
    """Suppress AwsSolutions-IAM5 for `resource`, an ARN with a `*`, in `policy`."""
    acknowledge(policy, f"AwsSolutions-IAM5[Resource::{_flat(policy, resource)}]", reason=reason)


def _flat(policy: IConstruct, resource: str) -> str:
    """The resource as in the synthesized policy, with references in angle brackets, in cdk-nag's format."""
    stack = cdk.Stack.of(policy)
    imported = {}
    for token in cdk.Tokenization.reverse_string(resource).tokens:
        if isinstance(token, cdk.Reference) and (owner := cdk.Stack.of(token.target)) != stack:
            # A reference to another stack becomes an import, whose name only that stack knows.
            imported[json.dumps(owner.resolve(token))] = stack.resolve(owner.export_value(token))
    return _written(stack.resolve(resource), imported)


def _written(node: Any, imported: dict[str, Any]) -> str:
    node = imported.get(json.dumps(node), node)
    if isinstance(node, str):
        return node
    ((function, value),) = node.items()
    if function == "Fn::Join":
        return str(value[0]).join(_written(item, imported) for item in value[1])
    if function == "Fn::GetAtt":
        return f"<{value[0]}.{value[1]}>"
    return str(value) if function == "Fn::ImportValue" else f"<{value}>"
