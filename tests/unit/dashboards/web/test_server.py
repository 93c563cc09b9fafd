"""Who gets in: the browser that opened the printed address, and nobody else."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.web.data import Data
from dashboards.web.lake import LakeReader
from tests.support.lazy import lazy

Dashboard = lazy("dashboards.web.app", "Dashboard")
create_app = lazy("dashboards.web.app", "create_app")
Session = lazy("dashboards.web.server", "Session")
listen = lazy("dashboards.web.server", "listen")

SECRET = "s" * 43


@pytest.fixture
def address(dashboard: Dashboard) -> Iterator[str]:
    server = listen(create_app(dashboard), Session(SECRET), port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def get(url: str, **headers: str) -> tuple[int, dict[str, str], str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, dict(answer.headers), answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode(errors="replace")


def test_the_secret_of_the_address_becomes_a_cookie_and_leaves_the_address(address: str) -> None:
    status, headers, _ = get(f"{address}/sales?source=tiny&key={SECRET}")
    assert (status, headers["Location"]) == (303, "/sales?source=tiny")
    cookie = headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}

    status, headers, body = get(address, Cookie=cookie.split(";")[0])
    assert status == 200
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert SECRET not in body
    assert '<html lang="en">' in body  # readers of screens choose their voice by it
    assert "http://" not in body.replace(address, "")  # everything is served from here
    assert "https://" not in body


@pytest.mark.parametrize(
    "path", ["/", "/?key=wrong", "/?key=", "/_dash-layout", "/_dash-dependencies", "/export.zip", "/assets/shoplake.css"]
)
def test_without_the_secret_nothing_is_served(address: str, path: str) -> None:
    status, _, body = get(address + path)
    assert status == 403
    assert "tiny" not in body


def test_a_page_of_another_origin_and_a_foreign_host_name_are_refused(address: str) -> None:
    cookie = f"shoplake_dashboard_{address.rpartition(':')[2]}={SECRET}"
    assert get(address, Cookie=cookie)[0] == 200
    assert get(address, Cookie=cookie, Origin="http://evil.example")[0] == 403
    assert get(address, Cookie=cookie, Host="evil.example")[0] == 403
    assert get(address, Cookie=cookie, Sec_Fetch_Site="cross-site")[0] == 403
    assert get(address, Cookie=f"shoplake_dashboard_1={SECRET}")[0] == 403  # the cookie of another port


def test_the_exchange_leads_to_no_other_site(address: str) -> None:
    status, headers, _ = get(f"{address}//evil.example/?key={SECRET}")
    assert (status, headers["Location"]) == (303, "/evil.example/")


def test_an_export_is_a_zip_and_an_unknown_page_is_named(address: str) -> None:
    cookie = f"shoplake_dashboard_{address.rpartition(':')[2]}={SECRET}"
    status, headers, body = get(f"{address}/export.zip?source=tiny&page=/", Cookie=cookie)
    assert (status, headers["Content-Disposition"]) == (200, 'attachment; filename="shoplake-sales.zip"')
    assert body.startswith("PK")
    status, _, body = get(f"{address}/export.zip?source=tiny&page=/nothing", Cookie=cookie)
    assert (status, body) == (404, "There is no page /nothing.")


@pytest.mark.parametrize(("parallel", "comes_with_its_page"), [(1, True), (2, False)])
def test_the_frame_comes_with_its_page_unless_that_waits_for_another_machine(
    folders: dict[str, Path], parallel: int, *, comes_with_its_page: bool
) -> None:
    # GIVEN a dashboard whose data is on this machine, or elsewhere
    reader = LakeReader(folders)
    browser = create_app(Dashboard(Data(reader, parallel=parallel))).server.test_client()
    # WHEN a browser in the dark asks for the frame of an address
    answer = browser.get("/_dash-layout", query_string={"page": "/", "search": "?source=tiny&from=2025-03-01", "dark": "1"})
    reader.close()
    # THEN
    frame = json.dumps(answer.get_json(), ensure_ascii=False)
    assert ("€15.00" in frame) == comes_with_its_page
    assert ('"pathname": "/"' in frame) == comes_with_its_page
    assert '"forceColorScheme": "dark"' in frame
