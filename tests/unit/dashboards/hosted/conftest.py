"""The dashboard of the tiny shop behind its gate, and a token endpoint on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import pytest
from apig_wsgi import make_lambda_handler

from dashboards.hosted.settings import Settings
from dashboards.web.lake import LakeReader
from tests.support.http_api import CLIENT, ISSUER, ORIGIN, SECRET, Cognito, Handle
from tests.support.lazy import lazy
from tests.support.tiny_shop import write_shop

application = lazy("dashboards.hosted.handler", "application")


@pytest.fixture
def cognito() -> Iterator[Cognito]:
    state = Cognito()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            state.asked.append((dict(parse_qsl(content)), self.headers["Authorization"]))
            self.send_response(state.status if self.path == "/oauth2/token" else 404)
            self.end_headers()
            self.wfile.write(state.answer())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeReader]:
    root = tmp_path_factory.mktemp("shop")
    zones = {zone: root / zone for zone in ("raw", "processed", "curated")}
    write_shop(zones)
    opened = LakeReader(zones)
    yield opened
    opened.close()


@pytest.fixture
def settings(cognito: Cognito) -> Settings:
    return Settings(
        origin=ORIGIN,
        sign_in=cognito.url,
        issuer=ISSUER,
        client=CLIENT,
        workgroup="shoplake-dev-dashboard",
        database="shoplake_dev_curated",
        session_seconds=3600,
    )


@pytest.fixture
def handle(settings: Settings, reader: LakeReader) -> Handle:
    """The function, without the calls of AWS that it makes when it starts."""
    handler = make_lambda_handler(application(settings, reader, SECRET))
    return lambda request: handler(request, None)
