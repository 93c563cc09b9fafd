"""The log group construct that all stacks use."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.config import LakeConfig


class LakeLogs(logs.LogGroup):
    """Encrypted with the lake's key, with the configured retention, and deleted with its stack: logs contain no data."""

    def __init__(self, scope: Construct, id_: str, *, config: LakeConfig, key: kms.IKey, name: str | None = None) -> None:
        super().__init__(
            scope,
            id_,
            log_group_name=name,
            encryption_key=key,
            retention=_days(config.retention.logs),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )


def _days(days: int) -> logs.RetentionDays:
    """The shortest retention that CloudWatch offers for at least this many days."""
    return _BY_DAYS[next((offered for offered in _BY_DAYS if offered >= days), 3653)]


_BY_DAYS = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    5: logs.RetentionDays.FIVE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    60: logs.RetentionDays.TWO_MONTHS,
    90: logs.RetentionDays.THREE_MONTHS,
    120: logs.RetentionDays.FOUR_MONTHS,
    150: logs.RetentionDays.FIVE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    400: logs.RetentionDays.THIRTEEN_MONTHS,
    545: logs.RetentionDays.EIGHTEEN_MONTHS,
    731: logs.RetentionDays.TWO_YEARS,
    1096: logs.RetentionDays.THREE_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
    2192: logs.RetentionDays.SIX_YEARS,
    2557: logs.RetentionDays.SEVEN_YEARS,
    2922: logs.RetentionDays.EIGHT_YEARS,
    3288: logs.RetentionDays.NINE_YEARS,
    3653: logs.RetentionDays.TEN_YEARS,
}
