"""A page in a real browser that knows the local stack's port reads and changes nothing."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from offline.twin import client
from offline.twin.client import Twin
from tests.unit.offline.twin.conftest import ZONES
from tests.unit.offline.twin.test_access import FORGED, state

pytestmark = pytest.mark.twin
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

PAGE = """<!doctype html><pre id=result></pre>
<form id=form method=post enctype="multipart/form-data" target=frame action="BASE/RAW">
<input name=key value=evil.py><textarea name=file>def main(argv): pass</textarea></form>
<iframe name=frame id=frame></iframe>
<script>
const results = {};
const json = {"Content-Type": "application/x-amz-json-1.1"};
const forged = service => ({"Authorization": "FORGED".replace("{}", service)});
const glue = (name, body, headers) => fetch("BASE/", {method: "POST", body: JSON.stringify(body),
  headers: {...json, ...headers, "X-Amz-Target": "AWSGlue." + name}});
const file = () => {
  const form = new FormData(); form.append("key", "evil.py"); form.append("file", new Blob(["x"])); return form;
};
const attempts = {
  "list": () => fetch("BASE/"),
  "list, forged": () => fetch("BASE/", {headers: forged("s3")}),
  "read": () => fetch("BASE/RAW/orders.csv"),
  "upload": () => fetch("BASE/RAW", {method: "POST", body: file()}),
  "upload without CORS": () => fetch("BASE/RAW", {method: "POST", body: file(), mode: "no-cors"}),
  "put": () => fetch("BASE/RAW/evil.py", {method: "PUT", body: "x", headers: forged("s3")}),
  "create job": () => glue("CreateJob", {Name: "evil", Role: "r",
    Command: {Name: "glueetl", ScriptLocation: "s3://RAW/evil.py"}}, forged("glue")),
  "start job": () => glue("StartJobRun", {JobName: "evil"}, forged("glue")),
  "stop": () => fetch("BASE/_twin/stop", {method: "POST"}),
  "stop without CORS": () => fetch("BASE/_twin/stop", {method: "POST", mode: "no-cors"}),
  "form": () => new Promise(done => {
    document.getElementById("frame").onload = () => done({type: "framed"}); document.getElementById("form").submit(); }),
};
(async () => {
  for (const [name, attempt] of Object.entries(attempts)) {
    try { const answer = await attempt(); results[name] = answer.status ? answer.status : answer.type; }
    catch (error) { results[name] = error.name; }
  }
  await fetch("/done", {method: "POST", body: JSON.stringify(results)});
})();
</script>"""


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Twin]) -> Twin:
    """A local stack that has one raw object."""
    twin = serve(tmp_path_factory.mktemp("browsed"), ZONES)
    twin.client("s3").put_object(Bucket=twin.record.zones["raw"], Key="orders.csv", Body=b"private")
    return twin


class Page(SimpleHTTPRequestHandler):
    """Serves the page, and keeps what it reports at the end."""

    def __init__(self, *args: Any, results: dict[str, Any], page: bytes, **kwargs: Any) -> None:
        self._results, self._page = results, page
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self._page)

    def do_POST(self) -> None:
        self._results |= json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


def visit(url: str, results: dict[str, Any], profile: Path) -> None:
    """Opens the page in a real browser until it has reported its results."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        if os.environ.get("SHOPLAKE_BROWSER") == "required":
            pytest.fail("there is no Chromium on this machine")
        pytest.skip("there is no Chromium on this machine; .ci/run installs one")
    # The tests stay on this machine; Chromium's sandbox does not start for root.
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options += [
        "--disable-background-networking",
        "--disable-component-update",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ]
    with subprocess.Popen(
        [browser, *options, f"--user-data-dir={profile}", url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 90
        while not results and time.monotonic() < deadline:
            time.sleep(0.05)
        process.terminate()


@pytest.mark.full
def test_a_page_in_a_real_browser_reads_and_changes_nothing(twin: Twin, tmp_path: Path) -> None:
    # GIVEN a page of another origin, which knows the port and the names of the buckets
    page = PAGE.replace("BASE", twin.endpoint.url).replace("RAW", twin.record.zones["raw"]).replace("FORGED", FORGED)
    results: dict[str, Any] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Page, results=results, page=page.encode()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # WHEN
    try:
        visit(f"http://127.0.0.1:{server.server_address[1]}/", results, tmp_path)
    finally:
        server.shutdown()
        server.server_close()
    # THEN the browser withholds every answer, and nothing has changed
    assert results == {
        "list": "TypeError",
        "list, forged": "TypeError",
        "read": "TypeError",
        "upload": "TypeError",
        "upload without CORS": "opaque",
        "put": "TypeError",
        "create job": "TypeError",
        "start job": "TypeError",
        "stop": "TypeError",
        "stop without CORS": "opaque",
        "form": "framed",
    }
    assert state(twin) == (["orders.csv"], [])
    assert client.find(twin.lake) is not None
