"""A running local stack serves the lake's owner only: no web page, no other user, and nobody who only knows its port."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from offline.twin import client
from offline.twin.client import Twin
from offline.twin.record import Record
from tests.unit.offline.twin.conftest import ZONES

pytestmark = pytest.mark.twin

NOBODY = 65534
COMMAND = [sys.executable, "-c", "from offline.cli.app import main; main()"]
FORGED = "AWS4-HMAC-SHA256 Credential=x/20261125/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
EVIL = {"Origin": "https://evil.example"}
CODE = b"def main(argv):\n    open({!r}, 'w').close()\n"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., Twin]) -> Iterator[Twin]:
    """A local stack that was started with the most permissive umask, and has one raw object."""
    umask = os.umask(0)
    try:
        twin = serve(tmp_path_factory.mktemp("access"), ZONES)
    finally:
        os.umask(umask)
    twin.client("s3").put_object(Bucket=twin.record.zones["raw"], Key="orders.csv", Body=b"private")
    return twin


def ask(twin: Twin, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer, without boto3."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(twin.endpoint.url + path, data=body, method=method, headers=named)
    try:
        answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.status, dict(answer.headers), answer.read()


def state(twin: Twin) -> tuple[list[str], list[str]]:
    """All objects of raw and all jobs."""
    raw = twin.client("s3").list_objects_v2(Bucket=twin.record.zones["raw"]).get("Contents", [])
    return [item["Key"] for item in raw], twin.client("glue").list_jobs()["JobNames"]


def shoplake(lake: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, "--lake", str(lake), *arguments], capture_output=True, text=True, check=False)


def glue(twin: Twin, operation: str, body: dict[str, Any], **headers: str) -> int:
    target = {"X_Amz_Target": f"AWSGlue.{operation}", "Content_Type": "application/x-amz-json-1.1"}
    return ask(twin, "POST", "/", json.dumps(body).encode(), **target, **headers)[0]


@pytest.mark.parametrize("origin", [EVIL, {}], ids=["from a web page", "without an origin"])
def test_forged_requests_change_and_read_nothing(twin: Twin, origin: dict[str, str]) -> None:
    raw = twin.record.zones["raw"]
    s3, forged = {"Authorization": FORGED.format("s3"), **origin}, {"Authorization": FORGED.format("glue"), **origin}
    form = {"Content_Type": "multipart/form-data; boundary=x", **origin}
    upload = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nevil.py\r\n'
    upload += b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + CODE + b"\r\n--x--\r\n"
    job = {"Name": "evil", "Role": "r", "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{raw}/evil.py"}}
    presigned = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x%2F20261125%2Fus-east-1%2Fs3%2Faws4_request"
    presigned += f"&X-Amz-Date=20261125T000000Z&X-Amz-Expires=99999&X-Amz-SignedHeaders=host&X-Amz-Signature={'0' * 64}"
    statuses = {
        "preflight": ask(twin, "OPTIONS", "/x", Access_Control_Request_Method="PUT", **origin)[0],
        "list buckets": ask(twin, "GET", "/", **origin)[0],
        "list buckets, forged": ask(twin, "GET", "/", **s3)[0],
        "read": ask(twin, "GET", f"/{raw}/orders.csv", **s3)[0],
        "read, presigned": ask(twin, "GET", f"/{raw}/orders.csv?{presigned}", **origin)[0],
        "put": ask(twin, "PUT", f"/{raw}/evil.py", CODE, **s3)[0],
        "form": ask(twin, "POST", f"/{raw}", upload, **form)[0],
        "text/plain": ask(twin, "POST", "/", json.dumps(job).encode(), Content_Type="text/plain", **origin)[0],
        "create job": glue(twin, "CreateJob", job, **forged),
        "start job": glue(twin, "StartJobRun", {"JobName": "evil"}, **forged),
        "delete": ask(twin, "DELETE", f"/{raw}/orders.csv", **s3)[0],
        "moto's own API": ask(twin, "POST", "/moto-api/reset", b"", **origin)[0],
        "moto's data": ask(twin, "GET", "/moto-api/data.json", **origin)[0],
        "control": ask(twin, "GET", "/_twin", **origin)[0],
        "stop": ask(twin, "POST", "/_twin/stop", b"", **origin)[0],
        "stop by GET": ask(twin, "GET", "/_twin/stop", **origin)[0],
    }
    assert {name: status for name, status in statuses.items() if status != 403} == {}
    assert state(twin) == (["orders.csv"], [])


def test_no_answer_may_be_read_by_a_page_or_reveals_the_lake(twin: Twin) -> None:
    for origin in ({}, EVIL, {"Origin": twin.endpoint.url}):
        _, headers, body = ask(twin, "GET", "/_twin", **origin)
        assert [name for name in headers if name.lower().startswith("access-control")] == []
        assert str(twin.lake).encode() not in body


def test_another_host_name_is_refused_even_with_the_secret(twin: Twin) -> None:
    secret = {"Authorization": f"Bearer {twin.record.secret_key}"}
    assert ask(twin, "GET", "/_twin", **secret)[0] == 200
    assert ask(twin, "GET", "/_twin", Host=f"evil.example:{twin.record.port}", **secret)[0] == 403


def test_stop_needs_a_post(twin: Twin) -> None:
    assert ask(twin, "GET", "/_twin/stop", Authorization=f"Bearer {twin.record.secret_key}")[0] == 405
    assert client.find(twin.lake) is not None


def test_presigned_urls_work(twin: Twin) -> None:
    url = twin.client("s3").generate_presigned_url("get_object", Params={"Bucket": twin.record.zones["raw"], "Key": "orders.csv"})
    path = url.removeprefix(twin.endpoint.url)
    assert ask(twin, "GET", path)[::2] == (200, b"private")
    assert ask(twin, "GET", path, **EVIL)[0] == 403


def test_the_keys_are_in_one_file_that_only_the_owner_can_read(twin: Twin) -> None:
    keys = [twin.record.access_key or "", twin.record.secret_key or ""]
    assert [len(key) for key in keys] == [20, 64]
    holders = {
        file.relative_to(twin.lake).as_posix(): file.stat().st_mode & 0o777
        for file in twin.lake.rglob("*")
        if file.is_file() and any(key in file.read_text(errors="replace") for key in keys)
    }
    assert holders == {"twin.json": 0o600}


def test_the_keys_are_in_no_process_list_and_no_output(twin: Twin) -> None:
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    shown += repr(twin) + repr(twin.endpoint)
    for command in (("status",), ("status", "--help")):
        result = shoplake(twin.lake, *command)
        assert result.returncode == 0
        shown += result.stdout + result.stderr
    assert 'eval "$(shoplake status --export)"' in shown
    assert [key for key in (twin.record.access_key, twin.record.secret_key) if key and key in shown] == []


@pytest.mark.full
def test_each_server_has_keys_of_its_own(twin: Twin, tmp_path: Path, serve: Callable[..., Twin]) -> None:
    other = serve(tmp_path, ZONES)
    assert not {twin.record.access_key, twin.record.secret_key} & {other.record.access_key, other.record.secret_key}
    with pytest.raises(Exception, match=r"AccessDenied|Forbidden"):
        Twin(other.lake, Record(**{**vars(twin.record), "port": other.record.port})).client("s3").list_buckets()
    # AND the keys of a stopped server are gone
    assert client.down(other.lake)
    stopped = Record.read(other.lake)
    assert stopped
    assert (stopped.access_key, stopped.secret_key) == (None, None)


def test_status_export_points_other_tools_at_the_lake(twin: Twin) -> None:
    result = shoplake(twin.lake, "status", "--export")
    assert [line.split("=")[0] for line in result.stdout.splitlines()] == [
        "export AWS_ENDPOINT_URL",
        "export AWS_ACCESS_KEY_ID",
        "export AWS_SECRET_ACCESS_KEY",
        "export AWS_DEFAULT_REGION",
        "export AWS_REGION",
    ]
    names = "import boto3; print([b['Name'] for b in boto3.client('s3').list_buckets()['Buckets']])"
    shell = f'eval "$1"; exec {sys.executable} -c "{names}"'
    listed = subprocess.run(["sh", "-c", shell, "sh", result.stdout], capture_output=True, text=True, check=True).stdout
    assert all(bucket in listed for bucket in twin.record.zones.values())


def test_status_export_prints_nothing_to_evaluate_when_nothing_runs(tmp_path: Path) -> None:
    result = shoplake(tmp_path / "lake", "status", "--export")
    assert (result.returncode, result.stdout) == (6, "")
    assert result.stderr == f"The local stack of {tmp_path}/lake is not running; start it with `shoplake up`.\n"


OTHER_USER = """
import json, os, sys, urllib.request
def attempt(act):
    try:
        return act()
    except OSError as error:
        return str(error)
url = "http://127.0.0.1:{port}"
# Loads all modules, which the other user may not be able to read.
attempt(lambda: urllib.request.urlopen(url))
os.setgroups([]); os.setgid({nobody}); os.setuid({nobody})
print(json.dumps([attempt(lambda: open(path).read()) for path in ("twin.json", "/proc/{pid}/environ")]
    + [attempt(lambda: urllib.request.urlopen(url + path).read().decode()) for path in ("/", "/_twin")]))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user; the test above checks the file's mode")
def test_another_user_reads_no_secret_and_no_bucket(twin: Twin) -> None:
    # GIVEN a lake that another user may enter: the process has its folder open
    code = OTHER_USER.format(nobody=NOBODY, port=twin.record.port, pid=twin.record.pid)
    result = subprocess.run([sys.executable, "-c", code], cwd=twin.lake, capture_output=True, text=True, check=True)
    # THEN
    denied = "[Errno 13] Permission denied: "
    forbidden = "HTTP Error 403: Forbidden"
    assert json.loads(result.stdout) == [
        f"{denied}'twin.json'",
        f"{denied}'/proc/{twin.record.pid}/environ'",
        forbidden,
        forbidden,
    ]


FORMER = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"lake": sys.argv[1], "pid": os.getpid()}).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
        if self.path == "/_twin/stop":
            os._exit(0)
    do_POST = do_GET
    def log_message(self, *_): pass
server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


def test_a_server_of_the_version_without_keys_is_named_and_stopped(tmp_path: Path) -> None:
    # GIVEN a lake whose server was started by the version that wrote no keys, and answered anybody
    process = subprocess.Popen([sys.executable, "-c", FORMER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process, process.stdout as output:
        record = {"key": "k", "zones": {}, "outputs": {}, "pid": process.pid, "port": int(output.readline())}
        (tmp_path / "twin.json").write_text(json.dumps(record))
        # THEN
        result = shoplake(tmp_path, "status", "--export")
        assert (result.returncode, result.stdout) == (6, "")
        expected = f"The local stack of {tmp_path} was started by an earlier version; restart it with `shoplake up`.\n"
        assert result.stderr == expected
        assert client.down(tmp_path)
        assert process.wait(10) == 0
