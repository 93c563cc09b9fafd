"""The function: pages and callbacks through API Gateway's events, answers that fit, and what it needs of AWS."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from typing import Any

import pytest

from dashboards.hosted.settings import Settings
from tests.support.http_api import CLIENT, ISSUER, ORIGIN, PAGE, Cognito, Handle, event, sign_in

OWN = {"origin": ORIGIN, "sec_fetch_site": "same-origin", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"}
LARGEST = 6 * 1024 * 1024  # of an answer of Lambda, as JSON


def content(answer: dict[str, Any]) -> bytes:
    body: bytes = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    return gzip.decompress(body) if answer["headers"].get("content-encoding") == "gzip" else body


def render(handle: Handle, session: str, path: str, search: str) -> dict[str, Any]:
    """What the page's callback returns to the browser."""
    dependencies = json.loads(content(handle(event("/_dash-dependencies", cookies=[session], **{**OWN, "origin": ORIGIN}))))
    (page,) = [entry for entry in dependencies if "content.children" in entry["output"]]
    values = {"url.pathname": path, "url.search": search, "dark.checked": False}

    def value(entry: dict[str, Any]) -> dict[str, Any]:
        key = f"{entry['id']}.{entry['property']}"
        return {**entry, **({"value": values[key]} if key in values else {})}

    outputs = [dict(zip(("id", "property"), text.rsplit(".", 1), strict=True)) for text in page["output"].strip(".").split("...")]
    body = {
        "output": page["output"],
        "outputs": outputs,
        "inputs": [value(entry) for entry in page["inputs"]],
        "state": [value(entry) for entry in page["state"]],
        "changedPropIds": ["url.pathname"],
        "parsedChangedPropsIds": ["url.pathname"],
    }
    request = event("/_dash-update-component", method="POST", body=json.dumps(body), cookies=[session],
                    content_type="application/json", **OWN)  # fmt: skip
    answer = handle(request)
    assert answer["statusCode"] == 200, content(answer)
    filled: dict[str, Any] = json.loads(content(answer))["response"]
    return filled


def test_a_callback_fills_the_page_with_the_views_figures(handle: Handle, cognito: Cognito) -> None:
    session = sign_in(handle, cognito)
    page = render(handle, session, "/", "?source=tiny&from=2025-03-01&to=2025-03-04")
    text = json.dumps(page["content"])
    # o1 and o2 sold 10 + 5 + 40, r1 returned 40
    assert "15.00" in text
    assert "Sign out" in content(handle(event("/_dash-layout", cookies=[session], **OWN))).decode()


def test_the_quality_page_leaves_out_what_only_processed_can_answer(handle: Handle, cognito: Cognito) -> None:
    text = json.dumps(render(handle, sign_in(handle, cognito), "/quality", "?source=tiny")["content"])
    assert "Columns with gaps" in text
    assert "Did every row arrive?" not in text
    assert "Why rows were refused" not in text


def test_live_says_that_this_lake_has_no_live_path(handle: Handle, cognito: Cognito) -> None:
    text = json.dumps(render(handle, sign_in(handle, cognito), "/live", "?source=tiny")["content"])
    assert "This deployment has no live path" in text


def test_every_script_and_style_fits_into_an_answer(handle: Handle, cognito: Cognito) -> None:
    session = sign_in(handle, cognito)
    index = content(handle(event(cookies=[session], **PAGE))).decode()
    addresses = {part.partition('"')[0] for mark in ('src="', 'href="') for part in index.split(mark)[1:]}
    served = [address for address in addresses if address.startswith("/")]
    assert len(served) > 10
    for address in [*served, "/_dash-component-suites/plotly/package_data/plotly.min.js"]:
        path, _, query = address.partition("?")
        answer = handle(event(path, query=query, cookies=[session], **OWN))
        assert answer["statusCode"] == 200, address
        assert len(json.dumps(answer)) < LARGEST, address
        if len(content(answer)) > 100_000:
            assert answer["headers"]["content-encoding"] == "gzip", address


def test_an_export_is_a_zip(handle: Handle, cognito: Cognito) -> None:
    query = "source=tiny&from=2025-03-01&to=2025-03-04&page=/orders"
    answer = handle(event("/export.zip", query=query, cookies=[sign_in(handle, cognito)], **PAGE))
    names = zipfile.ZipFile(io.BytesIO(content(answer))).namelist()
    assert (answer["statusCode"], "filters.txt" in names) == (200, True)


def test_a_browser_without_gzip_gets_plain_text(handle: Handle, cognito: Cognito) -> None:
    answer = handle(event("/assets/shoplake.css", cookies=[sign_in(handle, cognito)], **{**OWN, "accept-encoding": "identity"}))
    assert (answer["isBase64Encoded"], "content-encoding" in answer["headers"]) == (False, False)


def test_the_function_reads_its_environment_and_its_clients_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards.hosted import handler

    # GIVEN the environment that the stack sets, and AWS's answers
    asked: list[dict[str, Any]] = []

    class Aws:
        def describe_user_pool_client(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            return {"UserPoolClient": {"ClientSecret": "a secret of Cognito"}}

        def start_query_execution(self, **request: Any) -> dict[str, Any]:
            asked.append(request)
            return {"QueryExecutionId": "q1"}

        def get_query_execution(self, **_: Any) -> dict[str, Any]:
            return {"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": "TABLE_NOT_FOUND"}}}

    environment = {
        "ORIGIN": ORIGIN, "SIGN_IN": "https://x.auth.eu-central-1.amazoncognito.com", "ISSUER": ISSUER, "CLIENT": CLIENT,
        "WORKGROUP": "shoplake-dev-dashboard", "DATABASE": "shoplake_dev_curated", "SESSION_SECONDS": "3600", "LIVE_TABLE": "t",
    }  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(handler, "client", lambda _: Aws())
    handler._handler.cache_clear()
    # WHEN a page is asked for without a session
    answer = handler.handle(event(**PAGE), None)
    handler._handler.cache_clear()
    # THEN
    assert answer["headers"]["location"].startswith("https://x.auth.eu-central-1.amazoncognito.com/oauth2/authorize?")
    assert asked == [{"UserPoolId": "eu-central-1_Pool", "ClientId": CLIENT}]
    assert Settings.of(environment).live_table == "t"


def test_a_request_leaves_athena_no_more_time_than_api_gateway_waits() -> None:
    from dashboards.hosted import handler

    deadline = handler.Deadline()
    assert deadline.left() < 0
    deadline.start()
    assert 20 < deadline.left() <= handler.PAGE_SECONDS < 29
