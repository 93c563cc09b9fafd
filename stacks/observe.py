"""Observe: alarms, one dashboard, the budget and the access trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.config import LakeConfig
from stacks.constructs.alarms import Alert, LakeAlarm
from stacks.constructs.reader import Reader
from stacks.constructs.trail import ObjectTrail
from stacks.processing import Processing
from stacks.stack import LakeStack
from stacks.storage import Storage

GB = 10**9
WIDTH, PER_ROW = 24, 3


class Observe(LakeStack):
    """Alarms on the metrics of processing and of the `readers` of Athena, and on the `alerts` of other stacks; `alarms` by the
    alert's name.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        config: LakeConfig,
        storage: Storage,
        processing: Processing,
        readers: Mapping[str, Reader],
        alerts: Sequence[Alert] = (),
    ) -> None:
        super().__init__(scope, id_, config=config, description="alarms, the dashboard, the budget, the access trail")
        watched = [*processing.alerts, *_scans(config, readers), *alerts]
        self.alarms = {
            alert.name: LakeAlarm(self, _title(alert.name), alert=alert, config=config, alert_topic=processing.alert_topic)
            for alert in watched
        }
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=config.prefix,
            default_interval=cdk.Duration.days(7),
            widgets=[*self._states(), *_rows(_flow(processing)), *_rows(self._graphs(watched))],
        )
        if config.budget.monthly_usd and config.budget.emails:
            self._budget(config)
        if config.data_events:
            ObjectTrail(self, "Trail", config=config, storage=storage)
        self.output("DashboardName", self.dashboard.dashboard_name, "name of the CloudWatch dashboard")

    def _states(self) -> list[list[cloudwatch.IWidget]]:
        return [[cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(self.alarms.values()), width=WIDTH, height=4)]]

    def _graphs(self, watched: Sequence[Alert]) -> Iterator[cloudwatch.IWidget]:
        for alert in watched:
            alarm = self.alarms[alert.name]
            yield cloudwatch.AlarmWidget(title=alert.name, alarm=alarm, width=WIDTH // PER_ROW, height=5)

    def _budget(self, config: LakeConfig) -> None:
        """A budget for the entire account: costs by tag exist only where the account's owner activated the tags."""
        subscribers = [
            budgets.CfnBudget.SubscriberProperty(address=email, subscription_type="EMAIL") for email in config.budget.emails
        ]
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=config.prefix,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=config.budget.monthly_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN", notification_type=kind, threshold=percent, threshold_type="PERCENTAGE"
                    ),
                    subscribers=subscribers,
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )


def _scans(config: LakeConfig, readers: Mapping[str, Reader]) -> Iterator[Alert]:
    limit = config.alarms.scanned_gb_per_day
    for name, reader in readers.items():
        metric = cloudwatch.Metric(
            namespace="AWS/Athena",
            metric_name="ProcessedBytes",
            dimensions_map={"WorkGroup": str(reader.workgroup.name), "QueryType": "DML", "QueryState": "SUCCEEDED"},
            statistic="Sum",
            period=cdk.Duration.days(1),
        )
        what = (
            f"Queries in the workgroup {name} scanned more than {limit} GB in a day, which costs about {limit * 0.005:.2f} USD."
        )
        yield Alert(f"{name}-scans", metric, above=limit * GB, what=what)


def _flow(processing: Processing) -> Iterator[cloudwatch.IWidget]:
    for name, job in processing.jobs.items():
        rows = [job.metric(metric, statistic="Sum", period=cdk.Duration.hours(1)) for metric in ("processed", "quarantined")]
        seconds = job.metric("seconds", statistic="Maximum", period=cdk.Duration.hours(1))
        yield cloudwatch.GraphWidget(
            title=f"{name}: rows and seconds", left=rows, right=[seconds], width=WIDTH // PER_ROW, height=6
        )


def _rows(widgets: Iterator[cloudwatch.IWidget]) -> Iterator[list[cloudwatch.IWidget]]:
    while row := list(islice(widgets, PER_ROW)):
        yield row


def _title(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))
