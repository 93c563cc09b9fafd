"""What only the API checks is read in the raw zone, and refused where no job would check it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from contracts import LakeError, load, parse, versions
from contracts.model import Received

EVENTS = (resources.files("contracts") / "raw" / "stream_events.odcs.yaml").read_text(encoding="utf-8")
MUGS = (Path(__file__).parent / "mugs.odcs.yaml").read_text(encoding="utf-8")
FIELDS = "schema[stream_events].properties"
FAULTS = {
    "unknown setter": (
        "value: ingest}",
        "value: server}",
        "customProperties.setBy is 'server'; did you mean sender?",
    ),
    "unknown treatment": ("value: hash}", "value: encrypt}", "customProperties.treatment is 'encrypt'; use one of: drop, hash."),
    "length of nothing": (
        "{maxLength: 320}",
        "{maxLength: 0}",
        "[email].logicalTypeOptions.maxLength is 0, but must be 1 or more.",
    ),
    "length in words": ("{maxLength: 320}", "{maxLength: long}", "maxLength is 'long', but must be a whole number"),
    "list length of a text": (
        "{maxLength: 320}",
        "{maxItems: 3}",
        "maxItems is not a known key; use one of: format, maxLength, pattern.",
    ),
    "objects in a list of texts": (
        "physicalType: 'array<map<string,string>>'",
        "physicalType: array<string>",
        f"{FIELDS}[items].items describes objects, so the physicalType must be array<map<string,string>>.",
    ),
    "required field that is none": (
        "{product_id: [",
        "{produkt_id: [",
        "requires.produkt_id is not a known key; did you mean product_id?",
    ),
    "required for no type": ("order_id: [order,", "order_id: [orders,", "requires.order_id is 'orders'; did you mean order?"),
    "server type that is none": (
        "value: [order, refund, stock]",
        "value: [click]",
        "serverOnly is 'click'; use one of: cart, checkout, order,",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused_in_one_sentence(fault: str) -> None:
    before, after, sentence = FAULTS[fault]
    assert before in EVENTS

    with pytest.raises(LakeError) as refusal:
        parse(EVENTS.replace(before, after, 1), where="contracts/raw/stream_events.odcs.yaml")

    assert str(refusal.value).startswith("contracts/raw/stream_events.odcs.yaml: schema[stream_events]")
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "logicalTypeOptions: {pattern: '^[a-z]+$'}",
            "logicalTypeOptions: {maxLength: 9}",
            "[color] has maxLength or maxItems or setBy or treatment or items, which only the raw zone checks; write a rule.",
        ),
        (
            "{property: incremental, value: true}",
            "{property: requires, value: {}}\n      - {property: serverOnly, value: [x]}",
            "serverOnly is 'x'",
        ),
    ],
)
def test_a_table_does_not_use_what_no_job_checks(before: str, after: str, sentence: str) -> None:
    assert before in MUGS

    with pytest.raises(LakeError) as refusal:
        parse(MUGS.replace(before, after, 1), where="mugs")

    assert sentence in str(refusal.value)


def test_fields_say_who_sets_them_and_how_personal_data_is_treated() -> None:
    events = load("stream_events")

    assert events.column("email").received == Received(treatment="hash", max_length=320)
    assert events.column("received_at").received == Received(set_by="ingest")
    assert events.column("url").received == Received(max_length=2048)
    assert events.column("consent").received is None
    items = events.column("items").received
    assert items is not None
    assert [field.name for field in items.fields] == ["product_id", "quantity", "price"]
    assert events.requests is not None
    assert events.requests.server_only == ("order", "refund", "stock")


def test_both_versions_are_known_oldest_first() -> None:
    assert [contract.version for contract in versions("stream_events")] == ["1.0.0", "1.1.0"]
    # A table has one version: today's.
    assert versions("events") == [load("events")]


def test_personal_fields_are_hashed_or_dropped() -> None:
    for column in load("stream_events").columns:
        assert (column.classification == "personal") == bool(column.received and column.received.treatment), column.name


def test_the_fingerprint_of_a_table_does_not_know_the_raw_zone() -> None:
    """Jobs rebuild a table when the repr of its contract changes."""
    assert "received" not in repr(load("events"))
    assert "requests" not in repr(load("events"))
