"""Which key a request has, and what it may do with it."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from enum import StrEnum

from lambdas.ingest.errors import BAD_KEY, NO_KEY, SECRET_IN_BROWSER, refuse


class Key(StrEnum):
    """The publishable key may post what browsers see; the server key may do everything, but not from a browser."""

    PUBLISHABLE = "publishable"
    SERVER = "server"


def key_of(presented: str | None, *, origin: str | None, publishable: str, server: Callable[[], str]) -> Key:
    """The kind of the presented key; RequestError if there is none, it is unknown, or it is a secret in a browser.

    `server` is a function, because most requests come from browsers and need no secret.
    """
    if not presented:
        raise refuse(NO_KEY)
    if _same(presented, publishable):
        return Key.PUBLISHABLE
    if not _same(presented, server()):
        raise refuse(BAD_KEY)
    if origin:
        raise refuse(SECRET_IN_BROWSER)
    return Key.SERVER


def _same(presented: str, key: str) -> bool:
    """Compared in constant time; an empty key, which would be a fault of the deployment, matches nothing."""
    return bool(key) and hmac.compare_digest(presented.encode("utf-8", "surrogatepass"), key.encode())
