"""Keep tests off the network: stop and record every attempt to reach another machine, so that the test fails.

An audit hook sees every socket call of the interpreter, also those of asyncio, urllib and the libraries on top of them. Unlike
a patched class, it cannot be bypassed. Unix sockets and loopback addresses stay open. The hook covers one process;
`sitecustomize`, next to this file, installs it in child Pythons too (Spark's workers, commands under test). It does not see
Java, which the `spark` fixture binds to 127.0.0.1.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

ADDRESSED = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
HERE = {"127.0.0.1", "::1", "localhost"}

attempts: list[str] = []
"""The attempts of this process, in order; a test that adds one fails."""


class NetworkUse(RuntimeError):  # noqa: N818 - not an OSError, which clients would take for a network fault and retry
    """A test tried to reach another machine."""


def install() -> None:
    """Guard this process until it ends; a second call changes nothing."""
    if not getattr(sys, "_shoplake_network_guard", False):
        sys._shoplake_network_guard = True  # type: ignore[attr-defined]
        sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ADDRESSED:
        connection, address = arguments[0], arguments[1]
        if connection.family in (socket.AF_INET, socket.AF_INET6) and address and _text(address[0]) not in HERE:
            _stop(event, address)
    elif event in LOOKUPS and not _is_local(_text(arguments[0])):
        _stop(event, arguments[0])


def _is_local(host: str) -> bool:
    """Whether the lookup needs no name server: an address, this machine's own name, or no name at all."""
    if not host or host in HERE or host == socket.gethostname():
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _text(host: str | bytes | None) -> str:
    return host.decode() if isinstance(host, bytes) else host or ""


def _stop(event: str, address: object) -> None:
    attempts.append(f"{event} {address!r}")
    message = f"{event} {address!r}: tests stay on 127.0.0.1; use a local stand-in."
    raise NetworkUse(message)
