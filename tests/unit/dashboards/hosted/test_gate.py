"""Who gets in on AWS: people who signed in with Cognito, from pages of the dashboard itself."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import itsdangerous
import pytest

from dashboards.hosted.gate import ATTEMPT_SECONDS, Seal
from tests.support.http_api import CLIENT, HOST, ORIGIN, PAGE, SECRET, Cognito, Handle, begin, cookie, event, sign_in

CALLBACK = {
    "method": "POST", "body": "{}", "content_type": "application/json", "origin": ORIGIN, "sec_fetch_site": "same-origin",
    "sec_fetch_mode": "cors", "sec_fetch_dest": "empty",
}  # fmt: skip


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    """What was signed before is this old now."""
    now = itsdangerous.TimestampSigner.get_timestamp
    monkeypatch.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda self: now(self) + seconds)


def unsigned(text: str) -> str:
    """A cookie with another signature than ours."""
    return f"{text.rpartition('.')[0]}.{'A' * 43}"


def test_a_page_without_a_session_leads_to_the_sign_in_and_back(handle: Handle, cognito: Cognito) -> None:
    # WHEN a page is opened
    asked, attempt = begin(handle, cognito, "/customers", "source=tiny&from=2025-03-01")
    # THEN Cognito is asked for a code, with PKCE
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
    assert (asked["redirect_uri"], asked["code_challenge_method"]) == (f"{ORIGIN}/signed-in", "S256")
    # WHEN the person comes back with one
    answer = handle(event("/signed-in", query=f"code=c1&state={asked['state']}", cookies=[attempt], **PAGE))
    # THEN it was exchanged by the client that Cognito knows, with the verifier of the challenge
    ((form, authorization),) = cognito.asked
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == ("authorization_code", "c1", f"{ORIGIN}/signed-in")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert asked["code_challenge"] == challenge
    assert base64.b64decode(authorization.removeprefix("Basic ")).decode() == f"{CLIENT}:{SECRET}"
    # AND the page that was asked for is next, with a session that no script can read
    assert (answer["statusCode"], answer["headers"]["location"]) == (303, "/customers?source=tiny&from=2025-03-01")
    (session,) = [text for text in answer["cookies"] if text.startswith("__Host-shoplake=")]
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=3600"} <= {part.strip() for part in session.split(";")}
    assert handle(event("/customers", cookies=[cookie(answer, "__Host-shoplake")], **PAGE))["statusCode"] == 200


@pytest.mark.parametrize(
    "path", ["/_dash-layout", "/_dash-dependencies", "/export.zip", "/assets/shoplake.css", "/_dash-update-component"]
)
def test_without_a_session_nothing_is_served(handle: Handle, path: str) -> None:
    own = {"sec_fetch_site": "same-origin", "sec_fetch_mode": "cors", "sec_fetch_dest": "empty"}
    answer = handle(event(path, **own))
    assert (answer["statusCode"], answer["body"]) == (401, "Your session has ended; reload the page.")
    assert answer["headers"]["cache-control"] == "no-store"
    assert handle(event("/_dash-update-component", **CALLBACK))["statusCode"] == 401


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another"},
        {"iss": "https://elsewhere.example"},
        {"token_use": "access"},
        {"nonce": "old"},
        {"exp": 1},
        {"exp": "later"},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(handle: Handle, cognito: Cognito, change: dict[str, Any]) -> None:
    asked, attempt = begin(handle, cognito)
    cognito.claims = change
    answer = handle(event("/signed-in", query=f"code=c1&state={asked['state']}", cookies=[attempt], **PAGE))
    assert (answer["statusCode"], answer["cookies"]) == (400, [])
    assert "The sign-in failed; start again." in answer["body"]


@pytest.mark.parametrize("body", [b"not JSON", b"{}", b"[]", b'{"id_token": 7}', b'{"id_token": "a"}', b'{"id_token": "a.%.c"}',
                                  b'{"id_token": "a.W10.c"}', b'{"id_token": "a.bm8.c"}'])  # fmt: skip
def test_an_answer_that_holds_no_token_lets_nobody_in(handle: Handle, cognito: Cognito, body: bytes) -> None:
    asked, attempt = begin(handle, cognito)
    cognito.body = body
    answer = handle(event("/signed-in", query=f"code=c1&state={asked['state']}", cookies=[attempt], **PAGE))
    assert (answer["statusCode"], answer["cookies"]) == (400, [])


def test_a_code_that_cognito_refuses_lets_nobody_in(handle: Handle, cognito: Cognito) -> None:
    asked, attempt = begin(handle, cognito)
    cognito.status = 400
    assert handle(event("/signed-in", query=f"code=c1&state={asked['state']}", cookies=[attempt], **PAGE))["statusCode"] == 400


@pytest.mark.parametrize("query", ["", "code=c1", "code=c1&state=other", "state={state}", "error=access_denied&state={state}"])
def test_an_answer_to_another_attempt_is_not_exchanged(handle: Handle, cognito: Cognito, query: str) -> None:
    asked, attempt = begin(handle, cognito)
    answer = handle(event("/signed-in", query=query.format(state=asked["state"]), cookies=[attempt], **PAGE))
    assert (answer["statusCode"], cognito.asked) == (400, [])


def test_an_answer_without_an_attempt_of_this_browser_is_not_exchanged(
    handle: Handle, cognito: Cognito, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, attempt = begin(handle, cognito)
    query = f"code=c1&state={asked['state']}"
    for cookies in ([], [unsigned(attempt)], ["__Host-shoplake-sign-in=forged"]):
        assert handle(event("/signed-in", query=query, cookies=cookies, **PAGE))["statusCode"] == 400
    later(monkeypatch, ATTEMPT_SECONDS + 1)
    answer = handle(event("/signed-in", query=query, cookies=[attempt], **PAGE))
    assert (answer["statusCode"], cognito.asked) == (400, [])
    assert "longer than 10 minutes" in answer["body"]


def test_a_session_ends(handle: Handle, cognito: Cognito, monkeypatch: pytest.MonkeyPatch) -> None:
    session = sign_in(handle, cognito)
    assert handle(event(cookies=[session], **PAGE))["statusCode"] == 200
    later(monkeypatch, 3601)
    assert handle(event(cookies=[session], **PAGE))["statusCode"] == 303
    assert handle(event("/_dash-update-component", cookies=[session], **CALLBACK))["statusCode"] == 401


def test_a_session_cannot_be_written_by_others(handle: Handle, cognito: Cognito) -> None:
    session = sign_in(handle, cognito)
    _, attempt = begin(handle, cognito)
    forged = [
        unsigned(session),
        "__Host-shoplake=" + attempt.partition("=")[2],  # signed by us for another purpose
        "__Host-shoplake=" + Seal("another secret", "session", seconds=3600).close({"sub": "user-1"}),
        "__Host-shoplake=",
        session.removeprefix("__Host-"),
    ]
    assert [handle(event(cookies=[text], **PAGE))["statusCode"] for text in forged] == [303] * len(forged)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": f"http://{HOST}"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"host": "elsewhere.example"},
    ],
)
def test_what_a_page_of_another_site_sends_is_refused(handle: Handle, cognito: Cognito, change: dict[str, str]) -> None:
    session = sign_in(handle, cognito)
    assert handle(event("/_dash-update-component", cookies=[session], **{**CALLBACK, **change}))["statusCode"] == 403


def test_a_post_without_an_origin_is_refused(handle: Handle, cognito: Cognito) -> None:
    without = {name: value for name, value in CALLBACK.items() if name != "origin"}
    assert handle(event("/_dash-update-component", cookies=[sign_in(handle, cognito)], **without))["statusCode"] == 403


def test_a_link_on_another_site_is_followed_but_not_what_it_embeds(handle: Handle, cognito: Cognito) -> None:
    session, elsewhere = sign_in(handle, cognito), {**PAGE, "sec-fetch-site": "cross-site"}
    assert handle(event("/customers", cookies=[session], **elsewhere))["statusCode"] == 200
    for dest, mode in (("iframe", "navigate"), ("image", "no-cors"), ("empty", "cors"), ("script", "no-cors")):
        embedded = {**elsewhere, "sec-fetch-dest": dest, "sec-fetch-mode": mode}
        assert handle(event("/export.zip", cookies=[session], **embedded))["statusCode"] == 403


@pytest.mark.parametrize("target", ["//elsewhere.example/x", "/\\elsewhere.example", "/%5Celsewhere.example"])
def test_the_way_back_stays_on_the_dashboard(handle: Handle, cognito: Cognito, target: str) -> None:
    asked, attempt = begin(handle, cognito, target)
    answer = handle(event("/signed-in", query=f"code=c1&state={asked['state']}", cookies=[attempt], **PAGE))
    location = answer["headers"]["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_signing_out_ends_the_session_here_and_with_cognito(handle: Handle, cognito: Cognito) -> None:
    session = sign_in(handle, cognito)
    answer = handle(event("/sign-out", cookies=[session], **PAGE))
    assert answer["statusCode"] == 303
    assert urlsplit(answer["headers"]["location"]).path == "/logout"
    assert f"logout_uri=https%3A%2F%2F{HOST}%2Fsigned-out" in answer["headers"]["location"]
    assert [text for text in answer["cookies"] if text.startswith("__Host-shoplake=;") and "Max-Age=0" in text]
    assert "You are signed out." in handle(event("/signed-out", **PAGE))["body"]


def test_every_answer_says_to_use_tls_only(handle: Handle, cognito: Cognito) -> None:
    session = sign_in(handle, cognito)
    for request in (
        event(**PAGE),
        event(cookies=[session], **PAGE),
        event("/signed-out", **PAGE),
        event(host="elsewhere.example"),
    ):
        assert handle(request)["headers"]["strict-transport-security"] == "max-age=31536000"


def test_cognito_out_of_reach_is_said(handle: Handle, cognito: Cognito, monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib3

    asked, attempt = begin(handle, cognito)
    monkeypatch.setattr(urllib3, "request", lambda *_, **__: (_ for _ in ()).throw(urllib3.exceptions.TimeoutError()))
    answer = handle(event("/signed-in", query=f"code=c1&state={asked['state']}", cookies=[attempt], **PAGE))
    assert (answer["statusCode"], "Cognito did not answer; start again." in answer["body"]) == (400, True)
