"""Monthly costs of the live path against figures computed by hand from the price list."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stacks.cost import model
from stacks.cost.bill import bill, load_of, total
from stacks.cost.model import Load, prices
from tests.support.deployments import Templates
from tests.unit.stacks.cost.test_bill import charged, one

PROVISIONED = {"ShardCount": 1, "RetentionPeriodHours": 24, "StreamModeDetails": {"StreamMode": "PROVISIONED"}}
ON_DEMAND = {"RetentionPeriodHours": 24, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
# A month has 730 hours, so 100 events a second are 262.8 million.
HUNDRED = Load(events_per_second=100)


@pytest.fixture
def assumed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Other assumptions than those in the file."""

    def assume(**values: float) -> None:
        changed = {**model.assumptions(), **{name: {"value": value} for name, value in values.items()}}
        monkeypatch.setattr(model, "assumptions", lambda: changed)

    return assume


@pytest.fixture(scope="module")
def live(templates: Templates) -> dict[str, dict[str, Any]]:
    return templates(env="dev", overrides={"live_path": True})


def test_one_record_per_event_costs_15_provisioned_and_69_on_demand(assumed: Callable[..., None]) -> None:
    assumed(events_per_record=1, live_event_bytes=500)
    # 730 h x 0.015, and 262.8 million puts of one unit at 0.014 a million
    provisioned = charged(one("AWS::Kinesis::Stream", "ingest/Stream", **PROVISIONED), HUNDRED)
    assert provisioned == {"shard": Decimal("10.9500"), "put unit": Decimal("3.6792")}
    # 730 h x 0.04; 262.8 million x 1,024 B / 2^30 = 250.6256 GB in at 0.08, twice out at 0.04
    on_demand = charged(one("AWS::Kinesis::Stream", "ingest/Stream", **ON_DEMAND), HUNDRED)
    assert on_demand == {
        "stream on demand": Decimal("29.2000"),
        "stream on demand in": Decimal("20.0500"),
        "stream on demand out": Decimal("20.0500"),
    }
    assert (round(sum(provisioned.values())), round(sum(on_demand.values()))) == (15, 69)


@pytest.mark.parametrize(
    ("events", "size", "usd"),
    [
        # 2,628 million records of 500 B, each billed as 5 KB: 12531.28 GB x 0.029
        (1, 500, Decimal("363.4071")),
        # ten events are a record of 5,000 B, still one unit: a tenth
        (10, 500, Decimal("36.3407")),
        # ten of 600 B are 6,000 B, two units
        (10, 600, Decimal("72.6814")),
    ],
)
def test_firehose_bills_each_record_as_5_kb(assumed: Callable[..., None], events: int, size: int, usd: Decimal) -> None:
    assumed(events_per_record=events, live_event_bytes=size)
    stream = one("AWS::KinesisFirehose::DeliveryStream", "ingest/Delivery/Stream")
    assert charged(stream, Load(events_per_second=1000)) == {"firehose": usd}


def test_a_record_over_25_kb_is_two_puts(assumed: Callable[..., None]) -> None:
    assumed(events_per_record=100, live_event_bytes=500)
    # 2.628 million records of 50,000 B = 2 units each at 0.014 a million
    assert charged(one("AWS::Kinesis::Stream", "ingest/Stream", **PROVISIONED), HUNDRED)["put unit"] == Decimal("0.0736")


def test_events_that_are_kept_longer_cost_by_shard() -> None:
    kept = charged(
        one("AWS::Kinesis::Stream", "ingest/Stream", **{**PROVISIONED, "ShardCount": 3, "RetentionPeriodHours": 48}), Load()
    )
    # 3 x 730 h x 0.015, and x 0.02
    assert kept == {"shard": Decimal("32.8500"), "shard kept longer": Decimal("43.8000")}


def test_requests_are_paid_each(assumed: Callable[..., None]) -> None:
    assumed(events_per_request=5)
    # 52.56 million x 3.50 a million
    assert charged(one("AWS::ApiGateway::RestApi", "api/Api"), HUNDRED) == {"api request": Decimal("183.9600")}
    # 20 requests a second: 1 + 19 x 5 % = 1.95 traces a second x 2,628,000 s x 0.000005
    assert charged(one("AWS::ApiGateway::Stage", "api/Api/DeploymentStage.live"), HUNDRED) == {"trace": Decimal("25.6230")}


def test_functions_are_paid_by_time_and_memory(assumed: Callable[..., None]) -> None:
    assumed(events_per_request=5, ingest_request_ms=20, ingest_event_ms=0.5)
    # 52.56 million calls x 0.2 a million, and x 22.5 ms x 0.5 GB x 0.0000133334
    function = one("AWS::Lambda::Function", "ingest/Ingest/Function", MemorySize=512)
    assert charged(function, HUNDRED) == {"lambda call": Decimal("10.5120"), "lambda": Decimal("7.8840")}


def test_the_live_function_runs_once_a_second_and_shard(assumed: Callable[..., None]) -> None:
    assumed(events_per_record=5, live_batch_ms=60, live_event_ms=0.5)
    # 20 records a second are one shard: 2.628 million batches of 100 events, 110 ms each
    function = one("AWS::Lambda::Function", "live/Live/Function", MemorySize=512)
    assert charged(function, HUNDRED) == {"lambda call": Decimal("0.5256"), "lambda": Decimal("1.9272")}
    # 100,000 events a second are 20,000 records: 35 MB/s need 35 shards, but 40 batches of 500 records a second
    calls = charged(function, Load(events_per_second=100_000))["lambda call"]
    assert calls == Decimal("21.0240")  # 40 x 2.628 million x 0.2 a million


def test_writes_in_a_transaction_cost_twice(assumed: Callable[..., None]) -> None:
    assumed(events_per_record=5, live_items_per_batch=6, events_per_customer_and_batch=5, live_reads_per_batch=2)
    costs = charged(one("AWS::DynamoDB::Table", "serving/LiveTable"), HUNDRED)
    # 2.628 million batches x 6 x 2 + 52.56 million customers, at 0.625 a million
    assert costs["table write"] == Decimal("52.5600")
    # 2.628 million x 2 at 0.125 a million
    assert costs["table read"] == Decimal("0.6570")


def test_an_idle_live_path_costs_a_shard_two_secrets_and_alarms(live: dict[str, dict[str, Any]]) -> None:
    # 1 key at 1.00, 1 dashboard at 3.00, 25 alarms at 0.10, 1 shard x 730 h at 0.015, 2 secrets at 0.40
    assert charged(live, load_of(live)) == {
        "key": Decimal("1.0000"),
        "dashboard": Decimal("3.0000"),
        "alarm": Decimal("2.5000"),
        "shard": Decimal("10.9500"),
        "secret": Decimal("0.8000"),
    }


def test_every_price_of_the_live_path_is_used(live: dict[str, dict[str, Any]], templates: Templates) -> None:
    settings = {"live_path": True, "stream": {"retention_hours": 48}, "api": {"waf": True}, "dashboard": {"enabled": True}}
    variants = [live, templates(env="dev", overrides=settings), {**one("AWS::Kinesis::Stream", "ingest/Stream", **ON_DEMAND)}]
    used = {line.price for each in variants for line in bill(each, load_of(each, events_per_second=100, gb_per_day=1))}
    own = [*prices()][[*prices()].index("shard") :]
    # Fan-out is not deployed; docs/scale.md prices it.
    assert set(own) - used == {"fan-out", "fan-out data"}


def test_the_reference_load_by_hand_equals_the_tools(live: dict[str, dict[str, Any]]) -> None:
    # GIVEN the formulas on the page
    page = (Path(__file__).parents[4] / "docs/costs.md").read_text(encoding="utf-8")
    section = page.split("## The live path, 100 events a second")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+) \| ([\d.×+/() ]+) \| ([\d.]+) \|$", section, re.MULTILINE)
    by_hand = {item: eval(formula.replace("×", "*")) for item, formula, _ in rows}
    # WHEN only the live path has a load
    own = {stack: live[stack] for stack in ("api", "ingest", "live", "serving")}
    tool: dict[str, float] = {}
    for line in bill(own, HUNDRED):
        tool[line.price] = tool.get(line.price, 0) + float(line.usd)
    # THEN
    assert len(rows) == 8
    assert by_hand == pytest.approx({item: tool[item] for item in by_hand}, abs=0.005)
    assert all(abs(float(usd) - by_hand[item]) <= 0.0051 for item, _, usd in rows)


def test_a_hundred_events_a_second(live: dict[str, dict[str, Any]]) -> None:
    by_stack = total(bill(live, load_of(live, events_per_second=100)))
    assert 300 < by_stack < 450
