"""Permissions, trust policies and exceptions from security rules, as tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

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
