"""The derived JSON Schema accepts good rows and refuses bad ones, by an independent validator."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from contracts import load
from contracts.derive import json_schema

GOOD = {
    "event_id": "e1",
    "event_time": "2019-10-01T12:00:00.5Z",
    "event_date": "2019-10-01",
    "event_type": "view",
    "product_id": "mug",
    "price": "19.99",
    "brand": None,
}


def refused(table: str, row: dict[str, Any]) -> list[str]:
    """The places that are wrong; how many rules one breaks depends on which formats the validator can check."""
    schema = json_schema.schema(load(table))
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    errors = jsonschema.Draft202012Validator(schema, format_checker=checker).iter_errors(row)
    return sorted({error.json_path for error in errors})


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({}, []),
        ({"price": None}, []),
        ({"price": "0"}, []),
        ({"price": "99999999999999.9999"}, []),
        ({"price": 19.99}, ["$.price"]),
        ({"price": "-1"}, ["$.price"]),
        ({"price": "1.00001"}, ["$.price"]),
        ({"price": "100000000000000"}, ["$.price"]),
        ({"quantity": 2**31 - 1}, []),
        ({"quantity": 2**31}, ["$.quantity"]),
        ({"quantity": 1.5}, ["$.quantity"]),
        ({"event_type": "buy"}, ["$.event_type"]),
        ({"event_type": None}, ["$.event_type"]),
        ({"event_date": "2019-02-30"}, ["$.event_date"]),
        ({"event_time": "2019-10-01T12:00:00+02:00"}, ["$.event_time"]),
        ({"event_time": "2019-10-01 12:00:00"}, ["$.event_time"]),
        ({"color": "blue"}, ["$"]),
        ({"source": "shop"}, ["$"]),
    ],
)
def test_an_event_is_accepted_or_refused_where_it_is_wrong(change: dict[str, Any], places: list[str]) -> None:
    assert refused("events", GOOD | change) == places


def test_a_required_key_must_be_there() -> None:
    row = {key: value for key, value in GOOD.items() if key != "event_id"}

    assert refused("events", row) == ["$"]


def test_a_decimal_without_a_minimum_may_be_negative_and_maps_and_arrays_hold_their_kind() -> None:
    lines = json_schema.schema(load("order_items"))["properties"]
    runs = json_schema.schema(load("etl_runs"))["properties"]

    assert lines["amount"]["pattern"] == r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$"
    assert runs["partitions"]["items"] == {"type": "string"}
    assert runs["quarantined_by_rule"]["additionalProperties"]["type"] == "integer"
    assert runs["control_totals"]["additionalProperties"]["type"] == "string"
