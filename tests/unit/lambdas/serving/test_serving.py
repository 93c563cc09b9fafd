"""The serving function by whole requests: routes, parameters, caching and errors."""

from __future__ import annotations

import json
import random
from urllib.parse import quote

import pytest

from lambdas.common.table import Table, encoded
from lambdas.serving.http import request_of, response_of
from lambdas.serving.published import CUSTOMER, RECOMMENDATIONS, RELATED, bucket, partition, sort_key
from lambdas.serving.results import Results
from lambdas.serving.routes import answer
from tests.support.live import create_table, instant, invocation, line, live, record

CUSTOMER_DATA = {"rfm": {"last_order_date": "2026-11-20", "segment": "Loyal"}, "value": {"historic_value": 12.5}}


@pytest.fixture(scope="module")
def results(dynamodb):
    """One published source besides the stream, and live events of customer u1."""
    serving, live_table = create_table(dynamodb), create_table(dynamodb)
    for source, version in (("stream", 2), ("rees46", 1)):
        put(serving, {"pk": "pointers", "sk": source, "version": version, "as_of": "2026-11-26"})
    publish(serving, CUSTOMER, "stream", "u1", {"rfm": {"last_order_date": "2026-11-01"}}, version=1)
    publish(serving, CUSTOMER, "stream", "u1", CUSTOMER_DATA, version=2)
    publish(serving, CUSTOMER, "stream", "u1", {"rfm": {"last_order_date": "2026-11-02"}}, version=3)
    publish(serving, CUSTOMER, "stream", "a#b", CUSTOMER_DATA, version=1)
    publish(serving, CUSTOMER, "rees46", "u1", {"value": {"historic_value": 1}}, version=1)
    publish(serving, RECOMMENDATIONS, "stream", "u1", {"products": [{"rank": 1, "product_id": "mug"}]}, version=1)
    publish(serving, RECOMMENDATIONS, "stream", "(new)", {"products": [{"rank": 1, "product_id": "pan"}]}, version=1)
    publish(serving, RELATED, "stream", "mug", {"viewed_together": [], "bought_together": []}, version=1)
    events = [
        line(1, at=1, user_id="u1", session_id="s", product_id="mug"),
        line(2, "cart", at=2, user_id="u1", session_id="s", product_id="mug", price="4.50", quantity=2),
        line(3, "purchase", at=3, user_id="u2", session_id="t", product_id="pan", price="20"),
    ]
    live(live_table).handle(invocation(record(1, *events)))
    return Results(live=live_table, serving=serving)


def publish(table: Table, kind: str, source: str, item_id: str, data: object, *, version: int, **more: int) -> None:
    key = {"pk": partition(kind, source, bucket(item_id)), "sk": sort_key(item_id, version)}
    put(table, {**key, "data": json.dumps(data), "version": version, **more})


def put(table: Table, item: dict[str, object]) -> None:
    table.dynamodb.put_item(TableName=table.name, Item=encoded(item))


def get(results, path, query=None, headers=None, method="GET"):
    event = {"httpMethod": method, "path": path, "queryStringParameters": query, "headers": headers}
    response = response_of(answer(request_of(event), lambda: results))
    return response["statusCode"], json.loads(response["body"] or "null"), response["headers"]


def test_a_customer_has_what_is_visible_and_live_features(results):
    status, body, headers = get(results, "/v1/customers/u1")
    assert status == 200
    assert body["rfm"] == {"last_order_date": "2026-11-20", "segment": "Loyal", "recency_days": 6}
    assert body["value"] == {"historic_value": 12.5}
    assert body["live"]["last_seen"] == "2026-11-26T10:00:02.000000Z"
    assert body["live"]["session"]["events"] == 2
    assert (body["live"]["cart"], body["live"]["cart_value"]) == ({"mug": {"quantity": 2, "value": "9.0000"}}, "9.0000")
    assert body["live"]["last_hour"] == {"view": 1, "cart": 1}
    assert body["live"]["rfm"] == {"last_purchase": None, "purchases": 0, "spent": "0.0000", "refunded": "0.0000"}
    assert headers["Cache-Control"] == "private, max-age=1"


def test_customers_of_different_sources_do_not_mix(results):
    _, body, _ = get(results, "/v1/customers/u1", {"source": "rees46"})
    assert (body["value"], body.get("rfm"), body["live"]) == ({"historic_value": 1}, None, None)


def test_live_features_of_a_customer_who_is_not_published_yet(results):
    status, body, _ = get(results, "/v1/customers/u2")
    assert (status, body["live"]["rfm"]["spent"], "rfm" in body) == (200, "20.0000", False)


@pytest.mark.parametrize(("customer", "personal", "product"), [("u1", True, "mug"), ("nobody", False, "pan")])
def test_recommendations_are_personal_or_for_everyone(results, customer, personal, product):
    _, body, headers = get(results, f"/v1/customers/{customer}/recommendations")
    assert (body["personal"], body["products"][0]["product_id"]) == (personal, product)
    assert headers["Cache-Control"] == "private, max-age=60"


def test_live_metrics_and_top_products(results):
    query = {"since": instant(-60), "until": instant(60), "window": "60"}
    status, body, _ = get(results, "/v1/live/metrics", query)
    (window,) = body["windows"]
    assert (status, window["start"], window["revenue"]) == (200, "2026-11-26T10:00:00Z", "20.0000")
    assert window["counts"] == {"view": 1, "cart": 1, "purchase": 1}
    assert window["active_users"] == {"count": 2, "exact": True}
    assert window["funnel"] == {"view": 1, "cart": 1, "purchase": 0}
    _, body, _ = get(results, "/v1/live/top-products", query | {"by": "revenue"})
    assert [entry["product_id"] for entry in body["products"]] == ["pan"]


def test_an_unchanged_answer_is_304_without_a_body(results):
    _, _, headers = get(results, "/v1/products/mug/related")
    status, body, again = get(results, "/v1/products/mug/related", headers={"If-None-Match": f'W/"x", {headers["ETag"]}'})
    assert (status, body, again["ETag"]) == (304, None, headers["ETag"])
    assert get(results, "/v1/products/mug/related", headers={"if-none-match": '"other"'})[0] == 200


@pytest.mark.parametrize(
    ("path", "query", "code", "sentence"),
    [
        ("/v1/customers/nobody", None, 4502, "There is no customer nobody in source stream."),
        (
            "/v1/customers/u9",
            {"source": "thelook"},
            4502,
            "There is no customer u9: source thelook is not published. Published sources: rees46, stream.",
        ),
        ("/v1/products/none/related", None, 4502, "There is no products related to product none in source stream."),
        ("/v1/nothing", None, 4301, "There is no such route; the routes are in /v1/openapi.json."),
        ("/v1/customers/", None, 4301, "There is no such route; the routes are in /v1/openapi.json."),
        (f"/v1/customers/{'x' * 129}", None, 4501, "The customer id has 129 characters; expected 1 to 128."),
        (
            "/v1/customers/u",
            {"source": "a#b"},
            4501,
            "The parameter source is not the name of a source: lower-case letters, digits and _, up to 64.",
        ),
        ("/v1/live/metrics", {"window": "15"}, 4501, "There are no windows of 15 seconds: expected a multiple of 10."),
        ("/v1/live/metrics", {"window": "²"}, 4501, "The parameter window is not a whole number from 1 to 3,600."),
        ("/v1/live/metrics", {"since": "today"}, 4501, "The parameter since is not a time such as 2026-11-26T10:00:00Z."),
        (
            "/v1/live/metrics",
            {"since": instant(0), "until": instant(3601)},
            4501,
            "The parameter since must be before until, by 60 minutes or less.",
        ),
        ("/v1/live/top-products", {"by": "luck"}, 4501, "The parameter by is none of view, cart, purchase, revenue; choose one."),
        ("/v1/live/top-products", {"limit": "0"}, 4501, "The parameter limit is not a whole number from 1 to 100."),
    ],
)
def test_errors_have_a_number_and_a_sentence(results, path, query, code, sentence):
    status, body, _ = get(results, path, query)
    assert (status, body) == ({4301: 404, 4501: 400, 4502: 404}[code], {"errors": [{"code": code, "message": sentence}]})


def test_only_get_is_allowed(results):
    status, body, headers = get(results, "/v1/customers/u1", method="POST")
    assert (status, headers["Allow"]) == (405, "GET")
    assert body == {"errors": [{"code": 4302, "message": "POST is not allowed here; use GET."}]}


def test_an_id_with_the_separator_of_keys(results):
    assert get(results, f"/v1/customers/{quote('a#b', safe='')}")[0] == 200
    assert get(results, "/v1/customers/a")[0] == 404


def test_an_expired_item_is_gone_before_dynamodb_deletes_it(results):
    publish(results.serving, CUSTOMER, "stream", "old", CUSTOMER_DATA, version=1, expires_at=1)
    assert get(results, "/v1/customers/old")[0] == 404


def test_no_input_is_a_fault(results):
    # GIVEN 300 odd requests
    chance = random.Random(14)
    texts = [
        "",
        "x",
        "#",
        "%",
        "%2F",
        "\x00",
        "\ud800",
        "é" * 128,
        "🛒" * 64,
        "9" * 400,
        "-1",
        "1e9",
        "NaN",
        "../..",
        "(new)",
        "2026-11-26",
    ]
    routes = [
        "/v1/live/metrics",
        "/v1/live/top-products",
        "/v1/customers/{}",
        "/v1/customers/{}/recommendations",
        "/v1/products/{}/related",
        "{}",
    ]
    for _ in range(300):
        path = chance.choice(routes).format(chance.choice(texts))
        names = chance.sample(["source", "window", "since", "until", "by", "limit", "q"], 2)
        query = chance.choice([None, {name: chance.choice(texts) for name in names}])
        headers = chance.choice([None, {"If-None-Match": chance.choice(texts)}])
        status, body, _ = get(results, path, query, headers, method=chance.choice(["GET", "GET", "PUT", ""]))
        assert status in {200, 304, 400, 404, 405}, (path, query, body)
    for event in ({}, {"path": None, "headers": {}}, {"httpMethod": "GET", "path": "//"}):
        assert response_of(answer(request_of(event), lambda: results))["statusCode"] in {404, 405}


def test_a_table_that_is_not_available_is_503_with_a_time_to_wait(dynamodb):
    missing = Results(live=Table("missing", dynamodb), serving=Table("missing", dynamodb))
    status, body, headers = get(missing, "/v1/customers/u1")
    assert (status, headers["Retry-After"]) == (503, "5")
    assert body == {"errors": [{"code": 5034, "message": "The tables are not available; ask again in 5 seconds."}]}
