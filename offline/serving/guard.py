"""Keeps web pages and other users of this machine away from a server on 127.0.0.1.

A page that the user visits can send requests to any port of this machine, and other users can too. So a server passes on only
requests that

- name this machine as their host, not a domain of an attacker that resolves to 127.0.0.1 (DNS rebinding),
- do not come from a page of another origin (except to a server that is meant for pages of any origin),
- prove that they know the server's secret.

`tests/unit/offline/serving/test_guard.py` requires this middleware around every server in the tree.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from typing import Any

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
HOSTS = ("127.0.0.1", "localhost")


class Guard:
    """WSGI middleware: answers 403 unless host, origin and `is_authorized` allow the request."""

    def __init__(self, inner: Wsgi, is_authorized: Callable[[Environ], bool], *, any_origin: bool = False) -> None:
        self._inner, self._is_authorized, self._any_origin = inner, is_authorized, any_origin

    def __call__(self, environ: Environ, begin: Callable[..., Any]) -> Iterable[bytes]:
        reason = self._refusal(environ)
        if reason is None:
            return self._inner(environ, begin)
        body = json.dumps({"__type": "AccessDeniedException", "message": reason}).encode()
        begin("403 Forbidden", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _refusal(self, environ: Environ) -> str | None:
        host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN")
        if host not in {f"{name}:{environ['SERVER_PORT']}" for name in HOSTS}:
            return "This server answers only requests for 127.0.0.1 or localhost and its port."
        is_foreign = origin not in (None, f"http://{host}") or environ.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site")
        if is_foreign and not self._any_origin:
            return "This server does not answer web pages of another origin."
        if not self._is_authorized(environ):
            return "This server answers only requests with its own credentials."
        return None


def has_bearer(environ: Environ, secret: str) -> bool:
    """Whether the request carries the secret, as `Authorization: Bearer SECRET`."""
    scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    return scheme == "Bearer" and hmac.compare_digest(token.encode(), secret.encode())
