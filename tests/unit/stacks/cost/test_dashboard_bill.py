"""What the web dashboard on AWS adds to a bill, against figures computed by hand."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stacks.cost.bill import bill, load_of
from tests.support.deployments import Templates


@pytest.fixture(scope="module")
def hosted(templates: Templates) -> dict[str, dict[str, Any]]:
    return templates(env="prod", overrides={"dashboard": {"enabled": True}})


def added(hosted: dict[str, dict[str, Any]], **load: float) -> dict[str, Decimal]:
    """USD by price, of the dashboard's stack and its alarms."""
    named = {
        **hosted["observe"],
        "Resources": {
            id_: resource
            for id_, resource in hosted["observe"]["Resources"].items()
            if "-dashboard-" in str(resource.get("Properties", {}).get("AlarmName"))
        },
    }
    sums: dict[str, Decimal] = {}
    for line in bill({"dashboard": hosted["dashboard"], "observe": named}, load_of(hosted, **load)):
        sums[line.price] = sums.get(line.price, Decimal(0)) + line.usd
    return sums


def test_the_bill_by_hand_equals_the_tools(hosted: dict[str, dict[str, Any]]) -> None:
    page = (Path(__file__).parents[4] / "docs/costs.md").read_text(encoding="utf-8")
    section = page.split("## The web dashboard")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+) \| ([\d.×+/() ]+) \| ([\d.]+) \|$", section, re.MULTILINE)
    by_hand = {item: eval(formula.replace("×", "*")) for item, formula, _ in rows}
    tool = {item: float(usd) for item, usd in added(hosted, gb_per_day=1).items()}
    assert by_hand == pytest.approx(tool, abs=0.0005)
    assert all(abs(float(usd) - by_hand[item]) <= 0.0051 for item, _, usd in rows)


def test_nobody_looking_costs_alarms_only(templates: Templates) -> None:
    idle = templates(env="dev", overrides={"dashboard": {"enabled": True}})
    assert {price: usd for price, usd in added(idle).items() if usd} == {"alarm": Decimal("0.40")}
