"""An accepted event becomes exactly the line that consumers of the stream read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.shop_api import PUBLISHABLE, SERVER, VIEW, Shop

ID = "dcaab05a70edec926660f733b299501b"


def line(event: dict[str, Any], **request: Any) -> dict[str, Any]:
    """The line of one event that must be accepted."""
    shop = Shop()
    status, answer = shop.post(event, **request)
    assert (status, answer["accepted"], answer["rejected"], answer["failed"]) == (202, 1, 0, 0)
    (found,) = shop.stream.lines
    assert answer["results"] == [{"index": 0, "status": "accepted", "event_id": found["event_id"]}]
    return found


def test_a_view_of_a_page_is_written_with_what_the_api_adds():
    assert line({**VIEW, "event_id": "e1", "price": "12.50", "quantity": 2, "brand": None, "category": ""}) == {
        "event_id": "e1",
        "event_type": "view",
        "event_time": "2026-11-26T09:59:58.000000Z",
        "user_id": "ann",
        "product_id": "mug",
        "price": "12.50",
        "quantity": 2,
        "ip": "203.0.113.0",
        "contract_version": "1.1",
        "received_at": "2026-11-26T10:00:00.250000Z",
        "key": "publishable",
        "flags": [],
    }


def test_an_order_of_a_server_keeps_its_lines_and_has_no_address():
    items = [{"product_id": "mug", "quantity": 2, "price": "12.5"}, {"product_id": "cup", "quantity": 1, "price": 3}]
    order = {"event_type": "order", "event_time": "2026-11-26T10:00:00.1+02:00", "order_id": "o1", "items": items}
    found = line(order, x_api_key=SERVER)
    assert found["items"] == [
        {"product_id": "mug", "quantity": 2, "price": "12.5"},
        {"product_id": "cup", "quantity": 1, "price": "3"},
    ]
    assert (found["event_time"], found["key"], "ip" in found) == ("2026-11-26T08:00:00.100000Z", "server", False)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("12.50", "12.50"),
        ("0", "0"),
        (7, "7"),
        ("99999999999999.9999", "99999999999999.9999"),
    ],
)
def test_prices_keep_their_digits(sent: object, stored: str):
    assert line({**VIEW, "price": sent})["price"] == stored


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("19.99", "19.99"),
        ("12.500000", "12.5"),
        ("1e2", "100"),
        ("-0.0", "0"),
        ("1.2e1", "12"),
        ("12345678901234.5678", "12345678901234.5678"),
    ],
)
def test_numbers_of_json_are_read_as_decimals_not_as_floats(number: str, stored: str):
    shop = Shop()
    shop.post(json.dumps(VIEW)[:-1] + f', "price": {number}}}')
    assert shop.stream.lines[0]["price"] == stored


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-11-26T09:00:00Z", "2026-11-26T09:00:00.000000Z"),
        ("2026-11-26T09:00:00.123Z", "2026-11-26T09:00:00.123000Z"),
        ("2026-11-26T09:00:00.123456789Z", "2026-11-26T09:00:00.123456Z"),
        ("2026-11-30T23:59:59.999Z", "2026-11-30T23:59:59.999000Z"),
        ("0001-01-01T00:00:00.000Z", "0001-01-01T00:00:00.000000Z"),
        ("2026-11-26T00:30:00+05:30", "2026-11-25T19:00:00.000000Z"),
        ("2019-10-01T00:00:00-00:00", "2019-10-01T00:00:00.000000Z"),
    ],
)
def test_times_are_stored_in_utc_with_six_digits(sent: str, stored: str):
    assert line({**VIEW, "event_time": sent})["event_time"] == stored


def test_an_event_without_an_id_gets_one_from_its_content_whatever_the_order_of_keys_and_the_time_of_arrival():
    assert line(VIEW)["event_id"] == ID
    assert line(dict(reversed(VIEW.items())))["event_id"] == ID
    assert line({**VIEW, "event_id": ""}, ip="198.51.100.1")["event_id"] == ID


def test_other_content_or_another_idempotency_key_gives_another_id():
    ids = [
        line(VIEW)["event_id"],
        line({**VIEW, "product_id": "cup"})["event_id"],
        line(VIEW, idempotency_key="a")["event_id"],
        line(VIEW, idempotency_key="b")["event_id"],
    ]
    assert len(set(ids)) == 4
    assert line(VIEW, idempotency_key="a")["event_id"] == ids[2]


@pytest.mark.parametrize(
    ("event", "key"),
    [
        ({"user_id": "ann", "session_id": "s1", "event_id": "e1"}, "ann"),
        ({"user_id": None, "session_id": "s1", "event_id": "e1"}, "s1"),
        ({"user_id": "", "event_id": "e1"}, "e1"),
    ],
)
def test_the_partition_key_is_the_user_else_the_session_else_the_event(event: dict[str, Any], key: str):
    shop = Shop()
    shop.post({**VIEW, **event})
    assert [record.partition_key for record in shop.stream.records] == [key]


@pytest.mark.parametrize(
    ("event", "request_", "flags"),
    [
        ({"event_time": "2026-11-27T10:00:00.250000Z"}, {}, []),
        ({"event_time": "2026-11-27T10:00:00.250001Z"}, {}, ["clock_ahead"]),
        ({"event_time": "2019-10-01T00:00:00Z"}, {}, []),
        ({}, {"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, ["bot"]),
        ({}, {"user_agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0"}, ["bot"]),
        ({}, {"user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15"}, []),
        ({}, {"user_agent": "python-requests/2.34", "x_api_key": SERVER}, []),
        ({"consent": True}, {}, []),
        ({"consent": False}, {}, ["no_consent"]),
        ({"consent": False}, {"x_api_key": SERVER}, []),
        ({"color": "blue"}, {}, ["unknown_field"]),
        ({"ip": "1.2.3.4", "flags": ["x"], "received_at": "x", "email_hash": "x"}, {}, ["ignored_field"]),
        ({"contract_version": "1.0"}, {}, []),
        ({"contract_version": "1.7", "color": 1}, {}, ["newer_version", "unknown_field"]),
    ],
)
def test_flags_say_what_is_unusual(event: dict[str, Any], request_: dict[str, Any], flags: list[str]):
    assert line({**VIEW, **event}, **request_)["flags"] == flags


def test_both_versions_of_the_contract_are_taken():
    assert line({**VIEW, "contract_version": "1.0"})["contract_version"] == "1.0"
    newer = line({**VIEW, "campaign": "spring"})
    assert (newer["contract_version"], newer["campaign"], newer["flags"]) == ("1.1", "spring", [])


def test_fields_that_the_contract_does_not_have_are_stored_as_they_came():
    extra = {"size": {"cm": [1, 2.5, None, True]}}
    assert line({**VIEW, **extra})["size"] == {"cm": [1, 2.5, None, True]}


def test_without_consent_a_page_leaves_no_identifier():
    found = line({**VIEW, "session_id": "s1", "email": "ann@example.com", "consent": False})
    assert found.keys() == {
        *("event_id", "event_type", "event_time", "product_id", "consent", "contract_version", "received_at", "key", "flags")
    }


def test_a_mail_address_is_stored_as_keyed_hash_and_other_personal_data_never():
    # By `printf ann@example.com | openssl dgst -sha256 -hmac hash-key`:
    expected = "0b78e6f74060503f216af56665ed4c677c70204ee16c93fe192bde9bdab53d77"
    personal = {
        "email": " Ann@Example.com",
        "name": "Ann Lee",
        "phone": "+1",
        "address": "Elm St 1",
        "first_name": "A",
        "last_name": "L",
    }
    found = line({**VIEW, **personal})
    assert found["email_hash"] == expected
    assert not personal.keys() & found.keys()


@pytest.mark.parametrize(
    ("address", "stored"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        ("fe80::1%eth0", "fe80::"),
        ("unknown", None),
        ("", None),
    ],
)
def test_addresses_are_truncated(address: str, stored: str | None):
    assert line(VIEW, ip=address).get("ip") == stored


def test_text_of_every_script_is_kept():
    text = 'кружка 杯子 ☕ "quoted" \\ \n\t\u2028'
    found = line({**VIEW, "event_id": text, "category": text, text: text})
    assert (found["event_id"], found["category"], found[text]) == (text, text, text)


def test_the_key_may_come_in_the_header_the_query_or_the_body():
    for request in ({"x_api_key": PUBLISHABLE}, {"x_api_key": None, "query": {"key": PUBLISHABLE}}):
        assert line(VIEW, **request)["key"] == "publishable"
    assert line({**VIEW, "key": PUBLISHABLE}, x_api_key=None)["event_id"] == ID
