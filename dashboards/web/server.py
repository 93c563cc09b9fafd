"""Serves the dashboard on 127.0.0.1, to the browser that opened the printed address and to nobody else."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dash import Dash
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from dashboards.web.redirects import local
from offline.serving.guard import Environ, Guard, Wsgi

HOST = "127.0.0.1"
COOKIE = "shoplake_dashboard"
KEY = "key"


class Session:
    """The secret of one run: part of the printed address, then a cookie that no script and no other site can use."""

    def __init__(self, secret: str | None = None) -> None:
        self.secret = secret or secrets.token_urlsafe(32)

    def address(self, port: int) -> str:
        return f"http://{HOST}:{port}/?{KEY}={self.secret}"

    def is_authorized(self, environ: Environ) -> bool:
        """Whether the request carries the secret, as its cookie or in its address."""
        return any(hmac.compare_digest(given.encode(), self.secret.encode()) for given in (_cookie(environ), _key(environ)))

    def enter(self, inner: Wsgi) -> Wsgi:
        """Exchanges the secret in an address for the cookie, so that the address can be shared and bookmarked without it."""

        def application(environ: Environ, begin: Callable[..., Any]) -> Iterable[bytes]:
            if not _key(environ):
                return inner(environ, begin)
            rest = urlencode([pair for pair in parse_qsl(environ.get("QUERY_STRING", "")) if pair[0] != KEY])
            cookie = f"{_name(environ)}={self.secret}; Path=/; HttpOnly; SameSite=Strict"
            target = environ.get("PATH_INFO", "/") + (f"?{rest}" if rest else "")
            begin(
                "303 See Other",
                [("Location", local(target)), ("Set-Cookie", cookie), ("Cache-Control", "no-store"), ("Content-Length", "0")],
            )
            return [b""]

        return application


class Quiet(WSGIRequestHandler):
    """Requests are not logged: the first one has the secret in its address."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def listen(app: Dash, session: Session, *, port: int) -> BaseWSGIServer:
    """The server, listening but not yet answering; port 0 takes a free one. OSError if the port is taken."""
    guarded = Guard(session.enter(app.server.wsgi_app), session.is_authorized)
    return make_server(HOST, port, guarded, threaded=True, request_handler=Quiet)


def _name(environ: Environ) -> str:
    """Browsers share cookies among the ports of a host, so the name has the port."""
    return f"{COOKIE}_{environ['SERVER_PORT']}"


def _cookie(environ: Environ) -> str:
    try:
        morsel = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(_name(environ))
    except CookieError:
        return ""
    return str(morsel.value) if morsel else ""


def _key(environ: Environ) -> str:
    return dict(parse_qsl(str(environ.get("QUERY_STRING", "")))).get(KEY, "")
