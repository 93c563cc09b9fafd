"""Keeps tests off the network: whoever reaches beyond this machine is stopped, and noted, so that its test fails.

An audit hook sees every socket call of the interpreter, whether made by socket, asyncio, urllib or what builds on them,
and unlike a patched class it cannot be imported around. Unix sockets and the loopback addresses stay open. The hook is
per process: `sitecustomize` beside this file puts it into child Pythons too (Spark's workers, commands under test).
Java is not seen; the `spark` fixture binds it to 127.0.0.1.
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
"""What was stopped in this process, in order; a test that ends with more of it than it began with fails."""


class NetworkUse(RuntimeError):  # noqa: N818 - not an OSError, or clients would take it for a bad line and retry
    """A test reached for an address that is not this machine."""


def install() -> None:
    """Guard this process from now on; a second call changes nothing. There is no way back."""
    if not getattr(sys, "_shoplake_network_guard", False):
        sys._shoplake_network_guard = True  # type: ignore[attr-defined]
        sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ADDRESSED:
        opened, address = arguments[0], arguments[1]
        if opened.family in (socket.AF_INET, socket.AF_INET6) and address and _text(address[0]) not in HERE:
            _stop(event, address)
    elif event in LOOKUPS and not _is_answered_here(_text(arguments[0])):
        _stop(event, arguments[0])


def _is_answered_here(host: str) -> bool:
    """Whether looking the name up asks no name server: numbers, this machine's own name, or no name at all."""
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
    message = f"{event} {address!r}: tests stay on 127.0.0.1; give the code a local stand-in."
    raise NetworkUse(message)
