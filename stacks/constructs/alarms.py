"""Alerts as plain data, and the CloudWatch alarm built from one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import LakeConfig


@dataclass(frozen=True, kw_only=True)
class _Limits:
    what: str
    above: float | None = None
    below: float | None = None
    periods: int = 1
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING

    @property
    def is_event(self) -> bool:
        """Whether the alarm ends by itself: an event is over as soon as its period is."""
        return self.missing == cloudwatch.TreatMissingData.NOT_BREACHING


@dataclass(frozen=True)
class Alert(_Limits):
    """Fires when `metric` stays above (or below) a threshold for `periods` of its periods.

    `what` is the sentence that is sent. By default the alert is about an event: CloudWatch returns to OK when the next period
    has none, which proves nothing, so no all-clear is sent. With `missing` IGNORE it is about a state: the alarm stays until a
    good run publishes a good value. With BREACHING silence itself is bad.
    """

    name: str
    metric: cloudwatch.IMetric


def metric(namespace: str, name: str, *, of: Mapping[str, str], statistic: str = "Sum", minutes: int = 5) -> cloudwatch.Metric:
    """A metric of an AWS service, of the resource that the dimensions name."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(of),
        statistic=statistic,
        period=cdk.Duration.minutes(minutes),
    )


class LakeAlarm(cloudwatch.Alarm):
    """Notifies the alert topic when it fires, and when its state is good again; an event has no such state."""

    def __init__(self, scope: Construct, id_: str, *, alert: Alert, config: LakeConfig, alert_topic: sns.ITopic) -> None:
        limit, comparison = _threshold(alert)
        end = "No all-clear follows." if alert.is_event else "An all-clear follows."
        super().__init__(
            scope,
            id_,
            alarm_name=f"{config.prefix}-{alert.name}",
            alarm_description=f"{alert.what} {end} See docs/operations.md, {alert.name}.",
            metric=alert.metric,
            threshold=limit,
            comparison_operator=comparison,
            evaluation_periods=alert.periods,
            datapoints_to_alarm=alert.periods,
            treat_missing_data=alert.missing,
        )
        notify = actions.SnsAction(alert_topic)
        self.add_alarm_action(notify)
        if not alert.is_event:
            self.add_ok_action(notify)


def _threshold(alert: Alert) -> tuple[float, cloudwatch.ComparisonOperator]:
    if alert.below is not None:
        return alert.below, cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
    if alert.above is None:
        raise ValueError(f"{alert.name}: an alert needs a threshold, above or below")
    return alert.above, cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
