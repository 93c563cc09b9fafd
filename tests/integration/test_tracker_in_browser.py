"""A real browser loads a page of one origin with the tracker of another, clicks, and leaves: what arrives at the API."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.shop_api import PUBLISHABLE, Shop

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAGE = """<!doctype html>
<script src="{api}/v1/shoplake.js" data-key="{key}" {consent}></script>
<button onclick="shoplake('cart', mug)">Buy</button>
<script>
  const mug = {{ product_id: "mug", price: 12.5, currency: "EUR", quantity: 1 }};
  shoplake("view", mug);
  document.querySelector("button").click();
  setTimeout(() => {{ shoplake("purchase", {{ order_id: "o1" }}); location = "/left"; }}, 800);
</script>
"""
# The next page reports that it is there; by then the browser has sent what it will send of the one before.
LEFT = '<!doctype html><script>setTimeout(() => fetch("/done"), 500)</script>'
pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on this machine; tests/unit/lambdas/ingest/test_tracker.py runs in Node"
    ),
]


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers with what `reply` of its server returns: status, headers and body."""

    def answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        status, headers, body = self.server.reply(self, self.rfile.read(length).decode())
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = do_OPTIONS = answer  # noqa: N815 - names of the base class

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(reply: Callable[..., tuple[int, dict[str, str], str]]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.reply = reply
    server.handle_error = lambda *_: None  # a browser that leaves does not wait for answers
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def visit(folder: Path, consent: str) -> tuple[Shop, list[str]]:
    """The API after the visit, and the methods of the requests for events."""
    shop, methods, lock, done = Shop(), [], threading.Lock(), threading.Event()

    def api(request: Quiet, body: str) -> tuple[int, dict[str, str], str]:
        address = urlsplit(request.path)
        headers = {name.lower().replace("-", "_"): value for name, value in request.headers.items()}
        query = dict(parse_qsl(address.query))
        with lock:
            answer = shop.call(request.command, address.path, body or None, query=query, received=datetime.now(UTC), **headers)
            methods.extend([request.command] * address.path.endswith("/events"))
        return answer.status, dict(answer.headers), answer.body

    def site(request: Quiet, _: str) -> tuple[int, dict[str, str], str]:
        if request.path == "/done":
            done.set()
        page = LEFT if request.path == "/left" else PAGE.format(api=api_url, key=PUBLISHABLE, consent=consent)
        return 200, {"content-type": "text/html"}, page

    with served(api) as api_url, served(site) as site_url:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
        browser = subprocess.Popen([CHROMIUM, *options, f"{site_url}/kitchen?email=ann"], stderr=subprocess.DEVNULL)
        try:
            assert done.wait(60)
        finally:
            browser.terminate()
            browser.wait(30)
    return shop, methods


@pytest.mark.parametrize(("consent", "has_identifiers"), [("", False), ('data-consent="on"', True)])
def test_every_event_of_a_page_that_is_left_arrives(tmp_path: Path, consent: str, has_identifiers):
    shop, methods = visit(tmp_path, consent)
    events = {line["event_id"]: line for line in shop.stream.lines}
    assert sorted(line["event_type"] for line in events.values()) == ["cart", "page", "purchase", "view"]
    assert {"user_id" in line for line in events.values()} == {has_identifiers}
    assert {line["url"].partition("/kitchen")[2] for line in events.values()} == {""}
    assert (shop.objects, set(methods)) == ({}, {"POST"})


def test_without_consent_a_browser_sends_nothing(tmp_path: Path):
    shop, methods = visit(tmp_path, 'data-consent="off"')
    assert (shop.stream.records, shop.objects, methods) == ([], {}, [])
