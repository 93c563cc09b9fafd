"""The settings of the live path: the stream, the live function, the API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stacks.settings import setting

HOUR, DAY = 3600, 86_400
LONGEST_RECORD_AGE = 7 * DAY  # of an event source mapping
# A record that a full batching window delays must still be younger than the stream's retention.
SPARE = HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """The Kinesis stream, and how much Firehose collects before it writes an object to raw."""

    mode: str = setting("provisioned", choices=("provisioned", "on_demand"))
    shards: int = setting(1, least=1, most=10_000)  # of a provisioned stream: 1 MB or 1,000 records a second each
    retention_hours: int = setting(24, least=24, most=8_760)
    delivery_mb: int = setting(128, least=1, most=128)
    delivery_seconds: int = setting(900, least=0, most=900)

    @property
    def longest_record_age(self) -> int:
        """Seconds after which the live function gives a record up, before the stream drops it."""
        return min(LONGEST_RECORD_AGE, self.retention_hours * HOUR - SPARE)


MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """How the live function counts, and how Lambda feeds it. Windows are in seconds."""

    windows: tuple[int, ...] = setting((10, 60), least=1, most=DAY)
    allowed_lateness_seconds: int = setting(300, least=0, most=DAY)
    deduplication_seconds: int = setting(600, least=0, most=DAY)
    batch_size: int = setting(500, least=1, most=10_000)
    batch_window_seconds: int = setting(1, least=0, most=300)
    retries: int = setting(10, least=0, most=10_000)
    parallelization_factor: int = setting(1, least=1, most=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Limits of the API: requests per second of everybody together. `currency`: the one that all amounts are in.
    `account_role`: who lets API Gateway write logs.
    """

    throttle_rate: int = setting(1_000, least=1, most=10_000)
    throttle_burst: int = setting(2_000, least=1, most=5_000)
    waf: bool = setting(default=False)
    allowed_origins: tuple[str, ...] = setting(("*",), form="origin")
    currency: str = setting("EUR", form="currency")
    account_role: str = setting("create", choices=("create", "existing"))  # one setting for the entire account and region


@dataclass(frozen=True, slots=True, kw_only=True)
class Functions:
    """The size of the Lambda functions, and the concurrency reserved for each; 0 reserves none."""

    memory_mb: int = setting(512, least=128, most=10_240)
    ingest_concurrency: int = setting(0, least=0, most=1_000)
    live_concurrency: int = setting(0, least=0, most=1_000)
    serving_concurrency: int = setting(0, least=0, most=1_000)


def live_problems(stream: Stream, live: Live, api: Api, functions: Functions) -> Iterator[str]:
    """Settings that are valid one by one but not together, or not for our way of counting."""
    if live.parallelization_factor != 1:
        yield (
            f"live.parallelization_factor is {live.parallelization_factor}, expected 1, since a shard has one checkpoint, "
            "which batches of a shard that run side by side would overwrite; remove it, and add shards instead."
        )
    ascending = bool(live.windows) and tuple(sorted(set(live.windows))) == live.windows
    if not ascending or any(seconds % live.windows[0] for seconds in (*live.windows, MINUTE)):
        yield (
            f"live.windows is {list(live.windows)}, expected seconds in ascending order, each a multiple of the first, "
            "and that a divisor of 60, since longer windows and the minutes of alerts are sums of it; write them like "
            "`windows: [10, 60]`."
        )
    if stream.mode == "on_demand" and stream.shards != 1:
        yield (
            f"stream.shards is {stream.shards}, but stream.mode is on_demand, which chooses the number of shards; remove "
            "stream.shards."
        )
    if stream.mode == "provisioned" and 0 < functions.live_concurrency < stream.shards:
        yield (
            f"functions.live_concurrency is {functions.live_concurrency}, expected {stream.shards} or more, one for each "
            "shard of the stream; raise it, or set it to 0."
        )
    if "*" in api.allowed_origins and len(api.allowed_origins) > 1:
        yield "api.allowed_origins has `*`, which includes every other origin; remove `*` or the others."
    if not api.allowed_origins:
        yield "api.allowed_origins is empty, so no page could send events; add an origin, or `'*'` for all."
