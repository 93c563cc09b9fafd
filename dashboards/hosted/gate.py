"""In front of the dashboard on AWS: lets in who has signed in, and nobody through a page of another site."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from contracts.errors import LakeError
from dashboards.hosted.settings import Settings
from dashboards.hosted.sign_in import CALLBACK, SIGNED_OUT, SignIn
from dashboards.web.redirects import local

SIGN_OUT = "/sign-out"
ATTEMPT_SECONDS = 600
# Browsers take a cookie of this prefix from this host alone, over TLS, for all paths.
SESSION, ATTEMPT = "__Host-shoplake", "__Host-shoplake-sign-in"
HSTS = ("Strict-Transport-Security", "max-age=31536000")
ENDED = "Your session has ended; reload the page."
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>shoplake</title>
<meta name="viewport" content="width=device-width"><body style="font: 1rem sans-serif; margin: 3rem">
<h1>shoplake</h1><p>{text}</p><p><a href="/">Sign in</a></p></body></html>"""

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Seal:
    """Signs what a cookie holds, for one purpose, so that nobody else can write it; `open` returns None for anything else."""

    def __init__(self, secret: str, purpose: str, *, seconds: int) -> None:
        digest = {"digest_method": hashlib.sha256}
        self._serializer = URLSafeTimedSerializer(secret, salt=f"shoplake {purpose}", signer_kwargs=digest)
        self.seconds = seconds

    def close(self, value: dict[str, str]) -> str:
        return str(self._serializer.dumps(value))

    def open(self, text: str) -> dict[str, str] | None:
        try:
            value: dict[str, str] = self._serializer.loads(text, max_age=self.seconds)
        except BadData:
            return None
        return value


class Gate:
    """WSGI middleware. Requests without a session are led to Cognito's sign-in page, or refused if they are not for a page."""

    def __init__(self, inner: Wsgi, *, settings: Settings, sign_in: SignIn, secret: str) -> None:
        self._inner, self._origin, self._sign_in = inner, settings.origin, sign_in
        self._session = Seal(secret, "session", seconds=settings.session_seconds)
        self._attempt = Seal(secret, "sign-in", seconds=ATTEMPT_SECONDS)

    def __call__(self, environ: Environ, begin: Callable[..., Any]) -> Iterable[bytes]:
        def secured(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return begin(status, [*headers, HSTS], *rest)

        request = Request(environ)
        response = self._refusal(request) or self._own_page(request) or self._stranger(request)
        if response is None:
            return self._inner(environ, secured)
        response.headers["Cache-Control"] = "no-store"
        return response(environ, secured)

    def _refusal(self, request: Request) -> Response | None:
        """403 for another host name, and for what a page of another site sends. A link on such a page is followed."""
        headers = request.headers
        if f"https://{headers.get('Host')}" != self._origin:
            return _text(403, "The dashboard does not answer at this address.")
        origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
        if request.method not in ("GET", "HEAD"):
            is_own = origin == self._origin and site in (None, "same-origin")
        else:
            is_link = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
            is_own = origin in (None, self._origin) and (site not in ("cross-site", "same-site") or is_link)
        return None if is_own else _text(403, "The dashboard does not answer pages of another site.")

    def _own_page(self, request: Request) -> Response | None:
        if request.path == CALLBACK:
            return self._signed_in(request)
        if request.path == SIGNED_OUT:
            return _page(200, "You are signed out.")
        if request.path == SIGN_OUT:
            response = redirect(self._sign_in.end(), 303)
            _set(response, SESSION, "", seconds=0)
            return response
        return None

    def _signed_in(self, request: Request) -> Response:
        attempt = self._attempt.open(request.cookies.get(ATTEMPT, ""))
        if attempt is None:
            return _page(400, "The sign-in took longer than 10 minutes, or was started in another browser; start again.")
        try:
            subject = self._sign_in.finish(request.args, attempt)
        except LakeError as error:
            return _page(400, str(error))
        response = redirect(local(attempt["target"]), 303)
        _set(response, SESSION, self._session.close({"sub": subject}), seconds=self._session.seconds)
        _set(response, ATTEMPT, "", seconds=0)
        return response

    def _stranger(self, request: Request) -> Response | None:
        """None for who has a session."""
        if self._session.open(request.cookies.get(SESSION, "")) is not None:
            return None
        if request.method != "GET" or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            return _text(401, ENDED)
        address, attempt = self._sign_in.begin()
        response = redirect(address, 303)
        _set(
            response, ATTEMPT, self._attempt.close({**attempt, "target": request.full_path.rstrip("?")}), seconds=ATTEMPT_SECONDS
        )
        return response


def _set(response: Response, name: str, value: str, *, seconds: int) -> None:
    """Lax, not strict: Cognito's redirect comes from another site and must find the cookie."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="Lax")


def _page(status: int, text: str) -> Response:
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    }
    return Response(PAGE.format(text=escape(text)), status, headers, mimetype="text/html")


def _text(status: int, text: str) -> Response:
    return Response(text, status, mimetype="text/plain")
