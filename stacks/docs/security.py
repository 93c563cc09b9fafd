"""Permissions, trust policies and exceptions from security rules, as tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from stacks.docs.deployments import Templates, table
from stacks.permissions import ACTIONS, TABLE, TRUSTED
from stacks.security import STANDARDS

_FINDING = re.compile(r"\[.*\]$")
_OF_THE_CDK = "CloudFormation-Validate"  # the CDK's own suppressions for its own constructs


def permissions() -> str:
    """One line per role and group of actions."""
    rows = [
        (
            f"`{line.role}`",
            f"**not** {line.may}" if line.never else line.may,
            ", ".join(f"`{entry}`" for entry in line.on),
            _code(line.when),
            line.only.replace(" ", ", "),
        )
        for line in sorted(TABLE, key=lambda line: line.role)
    ]
    return table(("role", "may", "on", "only if", "only with"), rows)


def actions() -> str:
    """The IAM actions of each group."""
    return table(("may", "actions"), [(name, ", ".join(f"`{action}`" for action in group)) for name, group in ACTIONS.items()])


def trusted() -> str:
    """The principal that may assume each role."""
    words = {"iam:root": "people and roles of the account whose own policies allow it"}
    return table(("role", "assumed by"), [(f"`{role}`", words.get(who, f"`{who}`")) for role, who in TRUSTED.items()])


def exceptions(deployments: Iterable[Templates]) -> str:
    """Every suppression of a cdk-nag rule, grouped by reason."""
    rules: dict[str, set[str]] = {}
    places: dict[str, set[str]] = {}
    for templates in deployments:
        for template in templates.values():
            for resource in template["Resources"].values():
                metadata = resource.get("Metadata", {})
                place = metadata.get("aws:cdk:path", "").split("-", 2)[-1].removesuffix("/Resource")
                for entry in metadata.get("cdk_nag", {}).get("rules_to_suppress", []):
                    if not entry["id"].startswith(_OF_THE_CDK):
                        rules.setdefault(entry["reason"], set()).add(_short(entry["id"]))
                        places.setdefault(entry["reason"], set()).add(place)
    rows = [(", ".join(sorted(rules[reason])), _outermost(places[reason]), reason) for reason in rules]
    return table(("rule", "resources", "reason"), sorted(rows))


def key_users(deployments: Iterable[Templates]) -> str:
    """The services that the key's policy admits, with their conditions."""
    rows: dict[tuple[str, str], str] = {}
    for templates in deployments:
        for template in templates.values():
            for resource in template["Resources"].values():
                if resource["Type"] == "AWS::KMS::Key":
                    rows |= dict(_key_rows(resource["Properties"]["KeyPolicy"]["Statement"]))
    return table(
        ("service", "actions", "only if"),
        [(f"`{service}`", actions, _code(when)) for (service, when), actions in sorted(rows.items())],
    )


def _key_rows(statements: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], str]]:
    for statement in statements:
        principal = statement["Principal"]
        if "Service" in principal:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            conditions = statement.get("Condition", {})
            when = "; ".join(f"{test} {key}={_text(value)}" for test, keys in conditions.items() for key, value in keys.items())
            yield (_text(principal["Service"]), when), ", ".join(f"`{action}`" for action in actions)


def _text(node: Any) -> str:
    """A template value as text, with references in angle brackets."""
    if not isinstance(node, Mapping):
        return ",".join(map(_text, node)) if isinstance(node, list) else str(node)
    ((function, value),) = node.items()
    if function == "Fn::Join":
        return str(value[0]).join(map(_text, value[1]))
    return f"<{str(value).removeprefix('AWS::')}>"


def accepted_by_checkov(root: Path) -> str:
    """Accepted findings of checkov."""
    accepted = yaml.safe_load((root / "tests/security/accepted.yaml").read_text(encoding="utf-8"))
    rows = [(entry["check"], f"`{entry['resource']}`", entry["reason"]) for entry in accepted]
    return table(("check", "resource", "reason"), rows)


def _short(rule: str) -> str:
    """The rule without its finding, and without its pack if the standards share the rule."""
    pack, _, name = _FINDING.sub("", rule).partition("-")
    return name if pack in STANDARDS else f"{pack}-{name}"


def _outermost(places: set[str]) -> str:
    """The resources, without those inside another one of them."""
    return ", ".join(
        f"`{place}`" for place in sorted(places) if not any(place.startswith(f"{other}/") for other in places - {place})
    )


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
