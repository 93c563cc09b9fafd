"""AWS Budgets."""

from __future__ import annotations

from typing import Any

from offline.twin.endpoint import ACCOUNT
from offline.twin.recipes import Recipe
from offline.twin.service import Service


def _budget(properties: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [
        {
            "AccountId": ACCOUNT,
            "Budget": {"BudgetName": name} | properties["Budget"],
            "NotificationsWithSubscribers": properties.get("NotificationsWithSubscribers", []),
        }
    ]


class Budgets(Service):
    title = "Budgets"
    recipes = {
        "AWS::Budgets::Budget": Recipe("budgets", "create_budget", _budget, lambda call, _: str(call["Budget"]["BudgetName"])),
    }
    leaves_out = ("Budgets do not notify anyone.",)
