"""A role with one managed policy that contains all of its permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.security import acknowledge_wildcard


class LakeRole(iam.Role):
    """`allow` and `deny` add all of its permissions. Pass `fixed` to constructs that would add grants of their own.

    `assumed_by` is a principal, or the name of an AWS service, which may assume the role only on behalf of this account.
    """

    def __init__(self, scope: Construct, id_: str, *, assumed_by: iam.IPrincipal | str, description: str) -> None:
        if isinstance(assumed_by, str):
            own_account = {"StringEquals": {"aws:SourceAccount": cdk.Stack.of(scope).account}}
            assumed_by = iam.ServicePrincipal(assumed_by, conditions=own_account)
        super().__init__(scope, id_, assumed_by=assumed_by, description=description)
        self._policy = iam.ManagedPolicy(self, "Policy", description=description, roles=[self])
        self.fixed = self.without_policy_updates()

    def allow(
        self, actions: Sequence[str], resources: Sequence[str], *, wildcard: str | None = None, **conditions: Mapping[str, Any]
    ) -> None:
        """Allow these actions on these resources under these conditions (StringEquals={...}).

        If a resource contains a `*`, `wildcard` is the reason why the role needs everything that it matches.
        """
        self._policy.add_statements(
            iam.PolicyStatement(actions=[*actions], resources=[*resources], conditions=conditions or None)
        )
        for resource in resources:
            if "*" in resource and wildcard:
                acknowledge_wildcard(self._policy, resource, reason=wildcard)

    def deny(self, actions: Sequence[str], resources: Sequence[str]) -> None:
        """Deny these actions on these resources, whatever else allows them."""
        self._policy.add_statements(iam.PolicyStatement(effect=iam.Effect.DENY, actions=[*actions], resources=[*resources]))
