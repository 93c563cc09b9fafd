"""The dashboard on AWS without AWS: requests as API Gateway sends them, and a token endpoint like Cognito's."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOST = "abc123.execute-api.eu-central-1.amazonaws.com"
ORIGIN = f"https://{HOST}"
POOL, CLIENT, SECRET = "eu-central-1_Pool", "client-1", "s" * 51
ISSUER = f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL}"
PAGE = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "none", "accept": "text/html"}


def event(
    path: str = "/",
    *,
    method: str = "GET",
    query: str = "",
    body: str | None = None,
    cookies: list[str] | None = None,
    **headers: str,
) -> dict[str, Any]:
    """A request in the payload format 2.0 of HTTP APIs."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        **({"cookies": cookies} if cookies else {}),
        "headers": {
            "host": HOST,
            "x-forwarded-proto": "https",
            "x-forwarded-port": "443",
            "accept-encoding": "gzip, br",
            **named,
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": HOST,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": "a browser"},
            "requestId": "r1",
            "routeKey": "$default",
            "stage": "$default",
            "timeEpoch": 1_790_000_000_000,
        },
        **({"body": body} if body is not None else {}),
        "isBase64Encoded": False,
    }


@dataclass
class Cognito:
    """What the token endpoint was asked, and what it answers next; `claims` are changes of a good ID token."""

    url: str = ""
    status: int = 200
    nonce: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    asked: list[tuple[dict[str, str], str]] = field(default_factory=list)

    def answer(self) -> bytes:
        good = {
            "iss": ISSUER,
            "aud": CLIENT,
            "token_use": "id",
            "nonce": self.nonce,
            "sub": "user-1",
            "exp": int(time.time()) + 300,
        }
        parts = [
            {"alg": "RS256", "kid": "k"},
            {name: value for name, value in {**good, **self.claims}.items() if value is not None},
        ]
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return self.body or json.dumps({"id_token": ".".join([*encoded, "c2ln"]), "token_type": "Bearer"}).encode()


Handle = Callable[[dict[str, Any]], dict[str, Any]]


def cookie(answer: dict[str, Any], name: str) -> str:
    """`name=value` of a cookie that an answer sets."""
    (found,) = [text.partition(";")[0] for text in answer["cookies"] if text.startswith(f"{name}=")]
    return str(found)


def begin(handle: Handle, cognito: Cognito, path: str = "/", query: str = "") -> tuple[dict[str, str], str]:
    """The query of the sign-in page's address and the attempt's cookie, for a page that was asked for without a session."""
    answer = handle(event(path, query=query, **PAGE))
    assert answer["statusCode"] == 303
    asked = {name: texts[0] for name, texts in parse_qs(urlsplit(answer["headers"]["location"]).query).items()}
    cognito.nonce = asked["nonce"]
    return asked, cookie(answer, "__Host-shoplake-sign-in")


def sign_in(handle: Handle, cognito: Cognito) -> str:
    """The cookie of a new session."""
    asked, attempt = begin(handle, cognito)
    answer = handle(event("/signed-in", query=f"code=c1&state={asked['state']}", cookies=[attempt], **PAGE))
    assert answer["statusCode"] == 303, answer["body"]
    return cookie(answer, "__Host-shoplake")
