"""The charges of the live path. AWS rounds: a Kinesis put to 25 KB, an on-demand record to 1 KB, a Firehose record to 5 KB."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from stacks.cost import dashboard_rules
from stacks.cost.model import DAYS, HOURS, Charge, Load, Resource, assume, priced

KB, GB = 1024, 1024**3
PUT_UNIT, ON_DEMAND_UNIT, FIREHOSE_UNIT = 25 * KB, KB, 5 * KB
FREE_RETENTION_HOURS = 24
MONTH = HOURS * 3600
TRANSACTION = 2  # a write within a transaction costs twice its units
CONSUMERS = 2  # Firehose and the live function read the stream
WAF_RULES = 3


def record_bytes() -> float:
    """The events of a request that share a key are one record."""
    return assume("live_event_bytes") * assume("events_per_record")


def records(load: Load) -> float:
    """Records of the stream a month."""
    return load.events_per_second * MONTH / assume("events_per_record")


def requests(load: Load) -> float:
    """Requests with events a month."""
    return load.events_per_second * MONTH / assume("events_per_request")


def rounded_gb(load: Load, unit: int) -> float:
    """GB a month, with each record rounded up."""
    return records(load) * ceil(record_bytes() / unit) * unit / GB


def batches(load: Load, shards: int) -> float:
    """Batches of the live function a month: one per shard and second, more if records fill them sooner."""
    per_second = load.events_per_second / assume("events_per_record")
    return max(min(per_second, shards / assume("batch_seconds")), per_second / assume("records_per_batch")) * MONTH


def shards_of(load: Load) -> int:
    """Shards that this load fills at the most: a shard takes 1,000 records or 1 MB a second."""
    per_second = load.events_per_second / assume("events_per_record")
    return max(1, ceil(per_second / 1_000), ceil(load.events_per_second * assume("live_event_bytes") / 1_000_000))


@priced("AWS::Kinesis::Stream")
def stream(resource: Resource, load: Load) -> Iterator[Charge]:
    sent, size = records(load), record_bytes()
    how = f"{sent:,.0f} records of {size:.0f} B"
    if resource.properties.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND":
        gb = rounded_gb(load, ON_DEMAND_UNIT)
        yield Charge("stream on demand", HOURS, f"1 stream × {HOURS} hours")
        yield Charge("stream on demand in", gb, f"{how}, each rounded to 1 KB")
        yield Charge("stream on demand out", gb * CONSUMERS, f"{how}, each rounded to 1 KB × {CONSUMERS} consumers")
        return
    shards = int(resource.properties["ShardCount"])
    yield Charge("shard", shards * HOURS, f"{shards} shards × {HOURS} hours")
    yield Charge("put unit", sent * ceil(size / PUT_UNIT), f"{how}, each rounded to 25 KB")
    if resource.properties["RetentionPeriodHours"] > FREE_RETENTION_HOURS:
        yield Charge(
            "shard kept longer", shards * HOURS, f"{shards} shards × {HOURS} hours beyond {FREE_RETENTION_HOURS} of retention"
        )


@priced("AWS::KinesisFirehose::DeliveryStream")
def delivery(_resource: Resource, load: Load) -> Iterator[Charge]:
    yield Charge(
        "firehose",
        rounded_gb(load, FIREHOSE_UNIT),
        f"{records(load):,.0f} records of {record_bytes():.0f} B, each rounded to 5 KB",
    )


@priced("AWS::Lambda::Function")
def function(resource: Resource, load: Load) -> Iterator[Charge]:
    memory = int(resource.properties["MemorySize"]) / 1024
    if resource.path.startswith("ingest/"):
        calls, seconds = requests(load), assume("ingest_request_ms") + assume("ingest_event_ms") * assume("events_per_request")
    elif resource.path.startswith("live/"):
        calls = batches(load, shards_of(load))
        each = load.events_per_second * MONTH / calls if calls else 0
        seconds = assume("live_batch_ms") + assume("live_event_ms") * each
    elif resource.path.startswith(dashboard_rules.STACK):
        calls, seconds = dashboard_rules.requests(load), assume("dashboard_request_ms")
    else:
        calls, seconds = 0.0, 0.0  # the reference load has no readers
    seconds /= 1000
    yield Charge("lambda call", calls, f"{calls:,.0f} calls")
    yield Charge("lambda", calls * seconds * memory, f"{calls:,.0f} calls × {seconds:.3f} s × {memory:g} GB")


@priced("AWS::DynamoDB::Table")
def table(resource: Resource, load: Load) -> Iterator[Charge]:
    if resource.name == "ServingTable":
        items = assume("published_items") * load.runs
        yield Charge("table write", items, f"{load.runs:.0f} runs × {assume('published_items'):,.0f} changed items")
        gb = assume("serving_gb") if items else 0
    else:
        called, events = batches(load, shards_of(load)), load.events_per_second * MONTH
        in_transactions = called * assume("live_items_per_batch") * TRANSACTION
        customers = events / assume("events_per_customer_and_batch")
        yield Charge(
            "table write",
            in_transactions + customers,
            f"{called:,.0f} batches × {assume('live_items_per_batch'):.0f} items × {TRANSACTION} in a transaction + "
            f"{customers:,.0f} updates of customers",
        )
        yield Charge(
            "table read", called * assume("live_reads_per_batch"), f"{called:,.0f} batches × {assume('live_reads_per_batch'):.0f}"
        )
        gb = events / DAYS * assume("live_stored_bytes") * assume("live_stored_days") / GB
    yield Charge("table kept", gb, f"{gb:.2f} GB")
    yield Charge("table recovery", gb, f"{gb:.2f} GB of point-in-time recovery")


@priced("AWS::ApiGateway::RestApi")
def api(_resource: Resource, load: Load) -> Iterator[Charge]:
    yield Charge("api request", requests(load), f"{requests(load):,.0f} requests of {assume('events_per_request'):.0f} events")


@priced("AWS::ApiGateway::Stage")
def stage(_resource: Resource, load: Load) -> Iterator[Charge]:
    """X-Ray samples one request a second and 5 % of the others."""
    per_second = requests(load) / MONTH
    traced = min(per_second, 1) + max(0, per_second - 1) * 0.05
    yield Charge("trace", traced * MONTH, f"{traced:.2f} traces a second")


@priced("AWS::SecretsManager::Secret")
def secret(_resource: Resource, _load: Load) -> Iterator[Charge]:
    yield Charge("secret", 1, "1 secret")


@priced("AWS::WAFv2::WebACL")
def firewall(resource: Resource, load: Load) -> Iterator[Charge]:
    yield Charge("firewall", 1, "1 web ACL")
    yield Charge("firewall rule", WAF_RULES, f"{WAF_RULES} rules")
    # In front of the dashboard's sign-in it sees some requests per user and day.
    seen = 0 if resource.path.startswith(dashboard_rules.STACK) else requests(load)
    yield Charge("firewall request", seen, f"{seen:,.0f} requests")


@priced("AWS::Lambda::EventSourceMapping")
def mapping(_resource: Resource, load: Load) -> Iterator[Charge]:
    count = assume("mapping_metrics") if load.events_per_second else 0
    yield Charge("metric", count, f"{count:.0f} metrics of the mapping")


def live_log_gb(path: str, load: Load) -> float | None:
    """GB a month of a log group of the live path; None for the others."""
    calls = {
        "api/": requests(load),
        "ingest/Ingest/": requests(load) * assume("log_lines_per_call"),
        "live/": batches(load, shards_of(load)) * assume("log_lines_per_call"),
        "serving/": 0.0,
        "ingest/Delivery/": 0.0,
    }
    found = next((lines for prefix, lines in calls.items() if path.startswith(prefix)), None)
    return None if found is None else found * assume("live_log_line_bytes") / GB
