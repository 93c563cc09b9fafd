"""What the live path needs and costs at growing rates, from AWS's quotas and the cost model; a part of docs/scale.md.

Nothing here was measured on AWS: `make docs` computes it from stacks/cost/assumptions.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil
from typing import Any

from stacks.cost.bill import Line, bill, load_of
from stacks.cost.live_rules import GB, MONTH, TRANSACTION, batches, record_bytes, records, shards_of
from stacks.cost.model import HOURS, Load, assume, prices

RATES = (1_000, 10_000, 100_000, 1_000_000)
STACKS = ("api", "ingest", "live", "serving")
# Quotas of AWS that somebody has to raise: default per account and region.
SHARDS, CONCURRENCY, API_RATE, TABLE_WRITES = 500, 1_000, 10_000, 40_000
PARTS = {
    "API Gateway": ("api request",),
    "Lambda": ("lambda call", "lambda"),
    "Kinesis": ("shard", "put unit"),
    "Firehose": ("firehose",),
    "DynamoDB": ("table write", "table read", "table kept", "table recovery"),
    "X-Ray, logs": ("trace", "logs ingested", "logs kept"),
}


@dataclass(frozen=True)
class Need:
    """What one rate takes, per second where not said otherwise."""

    rate: int
    requests: float
    records: float
    megabytes: float
    shards: int
    ingest_runs: int
    live_runs: int
    writes: float

    @staticmethod
    def of(load: Load) -> Need:
        """Concurrent runs by Little's law: calls a second × seconds of a call."""
        requests = load.events_per_second / assume("events_per_request")
        called = batches(load, shards_of(load)) / MONTH
        each = load.events_per_second / called
        ingest_ms = assume("ingest_request_ms") + assume("ingest_event_ms") * assume("events_per_request")
        live_ms = assume("live_batch_ms") + assume("live_event_ms") * each
        busy = called * live_ms / 1000
        customers = load.events_per_second / assume("events_per_customer_and_batch")
        return Need(
            rate=int(load.events_per_second),
            requests=requests,
            records=records(load) / MONTH,
            megabytes=load.events_per_second * assume("live_event_bytes") / 1_000_000,
            # A shard has one batch at a time, so batches have to fit into its time as well.
            shards=max(shards_of(load), ceil(busy)),
            ingest_runs=ceil(requests * ingest_ms / 1000),
            live_runs=max(shards_of(load), ceil(busy)),
            writes=called * assume("live_items_per_batch") * TRANSACTION + customers,
        )


def scale(templates: Mapping[str, Mapping[str, Any]]) -> str:
    """Three tables: needs, cost by service, and quotas to raise."""
    return "\n\n".join("\n".join(_table(*rows)) for rows in (_needs(), _costs(templates), _quotas()))


def _needs() -> tuple[list[str], list[list[str]]]:
    columns = [
        "events/s",
        "requests/s",
        "records/s",
        "MB/s",
        "shards",
        "ingest runs at once",
        "live runs at once",
        "write units/s",
    ]
    rows = []
    for need in (Need.of(Load(events_per_second=rate)) for rate in RATES):
        numbers = (need.requests, need.records, need.megabytes, need.shards, need.ingest_runs, need.live_runs, need.writes)
        rows.append([f"{need.rate:,}", *[_short(number) for number in numbers]])
    return columns, rows


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 1 else f"{number:.2g}"


def _costs(templates: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    rows = []
    for rate in RATES:
        load = replace(load_of(templates, events_per_second=rate), gb_per_day=0, scheduled=False)
        need = Need.of(load)
        lines = bill(_sized({stack: templates[stack] for stack in STACKS}, need.shards), load)
        sums = {part: _usd(lines, names) for part, names in PARTS.items()}
        all_ = sum((line.usd for line in lines), Decimal(0))
        per_million = all_ / Decimal(rate * MONTH) * 1_000_000
        rows.append(
            [
                f"{rate:,}",
                *[f"{usd:,.0f}" for usd in sums.values()],
                f"{all_:,.0f}",
                f"{per_million:.2f}",
                f"{_fan_out(need):,.0f}",
            ]
        )
    return ["events/s", *PARTS, "USD a month", "USD per million events", "fan-out, more"], rows


def _sized(templates: Mapping[str, Mapping[str, Any]], shards: int) -> dict[str, dict[str, Any]]:
    """The templates with so many shards."""
    return {
        stack: {
            "Resources": {
                id_: {**resource, "Properties": {**resource.get("Properties", {}), "ShardCount": shards}}
                if resource["Type"] == "AWS::Kinesis::Stream"
                else resource
                for id_, resource in template["Resources"].items()
            }
        }
        for stack, template in templates.items()
    }


def _fan_out(need: Need) -> Decimal:
    """USD a month for a consumer of its own: the live function with enhanced fan-out."""
    hours = prices()["fan-out"].usd * need.shards * HOURS
    gb = Decimal(need.records * record_bytes() * MONTH / GB)
    return hours + prices()["fan-out data"].usd * gb


def _usd(lines: list[Line], names: tuple[str, ...]) -> Decimal:
    return sum((line.usd for line in lines if line.price in names), Decimal(0))


def _quotas() -> tuple[list[str], list[list[str]]]:
    needs = [Need.of(Load(events_per_second=rate)) for rate in RATES]
    return ["events/s", "quotas to raise first"], [[f"{need.rate:,}", "; ".join(_exceeded(need)) or "none"] for need in needs]


def _exceeded(need: Need) -> Iterator[str]:
    found = (
        ("requests/s of API Gateway", need.requests, API_RATE),
        ("concurrent runs of Lambda", need.ingest_runs + need.live_runs, CONCURRENCY),
        ("shards", need.shards, SHARDS),
        ("write units/s of a table", need.writes, TABLE_WRITES),
    )
    for name, needed, quota in found:
        if needed > quota:
            yield f"{name}: {quota:,} → {needed:,.0f}"


def _table(columns: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{' --- |' * len(columns)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
