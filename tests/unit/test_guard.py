"""The guard of tests/guard: what it stops, what it lets pass, and that a test cannot hide from it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import network_guard
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import SparkSession

ELSEWHERE = "192.0.2.1"  # TEST-NET-1 of RFC 5737: nobody's address


@pytest.fixture
def forgiven() -> Iterator[None]:
    """These tests reach out on purpose; what they did is struck off before the guard looks."""
    before = len(network_guard.attempts)
    yield
    del network_guard.attempts[before:]


def tcp(address: str) -> None:
    with socket.socket() as opened:
        opened.connect((address, 9))


def tcp_by_number(address: str) -> None:
    with socket.socket() as opened:
        opened.connect_ex((address, 9))


def datagram(address: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as opened:
        opened.sendto(b"hello", (address, 9))


def listen(address: str) -> None:
    with socket.socket() as opened:
        opened.bind((address, 0))


def over_http(address: str) -> None:
    urllib.request.urlopen(f"http://{address}/", timeout=1)


def in_a_loop(address: str) -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection(address, 9), timeout=1))


@pytest.mark.parametrize("reach", [tcp, tcp_by_number, datagram, listen, over_http, in_a_loop])
@pytest.mark.usefixtures("forgiven")
def test_an_address_elsewhere_is_refused(reach: Callable[[str], None]):
    with pytest.raises(network_guard.NetworkUse, match=r"192\.0\.2\.1.*stay on 127\.0\.0\.1"):
        reach(ELSEWHERE)


@pytest.mark.usefixtures("forgiven")
def test_listening_to_everyone_is_refused():
    with pytest.raises(network_guard.NetworkUse):
        listen("0.0.0.0")


@pytest.mark.usefixtures("forgiven")
def test_a_name_is_not_looked_up():
    with pytest.raises(network_guard.NetworkUse, match=r"shop\.example"):
        socket.getaddrinfo("shop.example", 443)


def test_this_machine_and_unix_sockets_stay_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.sendall(b"hello")
        assert server.accept()[0].recv(5) == b"hello"
    monkeypatch.chdir(tmp_path)  # the path of a unix socket is at most some hundred bytes long
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("s")
        server.listen()
        client.connect("s")


@pytest.mark.usefixtures("forgiven")
def test_a_child_python_is_guarded():
    reach = f"import socket; socket.create_connection(('{ELSEWHERE}', 9), timeout=1)"
    child = subprocess.run([sys.executable, "-c", reach], capture_output=True, text=True, check=False)
    assert child.returncode != 0
    assert "NetworkUse" in child.stderr


def test_spark_and_its_workers_run_under_the_guard(spark: SparkSession):
    assert spark.sparkContext.parallelize([1, 2, 3]).map(lambda n: n * 2).sum() == 12


@pytest.mark.parametrize("workers", ["-n0", pytest.param("-n1", marks=pytest.mark.full)])
def test_swallowing_the_error_does_not_save_the_test(tmp_path: Path, workers: str):
    # GIVEN a suite whose test reaches out and hides it
    (tmp_path / "conftest.py").write_text((Path(__file__).parents[1] / "conftest.py").read_text())
    (tmp_path / "test_sly.py").write_text(
        "import contextlib, socket\n"
        "def test_sly():\n"
        "    with contextlib.suppress(Exception):\n"
        f"        socket.create_connection(('{ELSEWHERE}', 9), timeout=1)\n"
    )
    # WHEN
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", workers, tmp_path],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    # THEN
    assert run.returncode == 1, run.stdout
    assert "reached beyond 127.0.0.1" in run.stdout


def test_an_attempt_is_noted_once():
    before = len(network_guard.attempts)
    with suppress(network_guard.NetworkUse):
        tcp(ELSEWHERE)
    assert network_guard.attempts.pop().startswith("socket.connect ('192.0.2.1'")
    assert len(network_guard.attempts) == before
