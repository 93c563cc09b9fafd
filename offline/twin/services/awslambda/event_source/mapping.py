"""The settings of an event source mapping, with Lambda's defaults and limits."""

from __future__ import annotations

from collections.abc import Mapping as Properties
from dataclasses import dataclass
from typing import Any

from contracts.errors import PlatformError

LIMITS = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "MaximumRetryAttempts": (0, 10_000),
    "MaximumRecordAgeInSeconds": (60, 604_800),
}
UNLIMITED_BY_MINUS_ONE = ("MaximumRetryAttempts", "MaximumRecordAgeInSeconds")
UNSUPPORTED = {
    "FilterCriteria": "a filter drops records that are not JSON without a trace; filter in the function",
    "TumblingWindowInSeconds": "tumbling windows go by arrival and end at a reshard; keep windows in the function",
}


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """One stream read by one function. None means without limit, or no destination."""

    uuid: str
    function_arn: str
    stream_arn: str
    starting_position: str = "TRIM_HORIZON"
    batch_size: int = 100
    window_seconds: float = 0.0
    max_retries: int | None = None
    max_age_seconds: float | None = None
    bisect: bool = False
    reports_failures: bool = False
    on_failure: str | None = None
    """The ARN of the bucket, queue or topic for batches that are given up."""

    @staticmethod
    def parse(properties: Properties[str, Any], *, uuid: str, function_arn: str) -> Mapping:
        """The mapping of CloudFormation's or the API's properties; PlatformError for a setting that cannot be honored."""
        for name, reason in UNSUPPORTED.items():
            if properties.get(name):
                raise PlatformError(f"{name}: the local stack does not support it, because {reason}.")
        if int(properties.get("ParallelizationFactor") or 1) != 1:
            raise PlatformError("ParallelizationFactor: must be 1, because a checkpoint per shard is wrong with more.")
        for name in LIMITS:
            _check_limits(name, properties.get(name))
        destination = (properties.get("DestinationConfig") or {}).get("OnFailure") or {}
        return Mapping(
            uuid=uuid,
            function_arn=function_arn,
            stream_arn=properties["EventSourceArn"],
            starting_position=_starting_position(properties),
            batch_size=int(properties.get("BatchSize") or 100),
            window_seconds=float(properties.get("MaximumBatchingWindowInSeconds") or 0),
            max_retries=_limit(properties.get("MaximumRetryAttempts")),
            max_age_seconds=_limit(properties.get("MaximumRecordAgeInSeconds")),
            bisect=str(properties.get("BisectBatchOnFunctionError")).lower() == "true",
            reports_failures="ReportBatchItemFailures" in (properties.get("FunctionResponseTypes") or ()),
            on_failure=destination.get("Destination"),
        )


def _starting_position(properties: Properties[str, Any]) -> str:
    position = str(properties.get("StartingPosition") or "TRIM_HORIZON")
    if position not in ("TRIM_HORIZON", "LATEST"):
        raise PlatformError(f"StartingPosition: {position} is not supported by the local stack; use TRIM_HORIZON or LATEST.")
    return position


def _check_limits(name: str, value: Any) -> None:
    if value is None or (name in UNLIMITED_BY_MINUS_ONE and int(value) == -1):
        return
    lowest, highest = LIMITS[name]
    if not lowest <= int(value) <= highest:
        raise PlatformError(f"{name}: {value} is not between {lowest:,} and {highest:,}.")


def _limit(value: Any) -> int | None:
    return None if value is None or int(value) == -1 else int(value)
