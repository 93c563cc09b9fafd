"""Files that are served as they are: the browser tracker and the API description."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Asset:
    """A file with its headers."""

    text: str
    content_type: str
    max_age: int

    @property
    def headers(self) -> dict[str, str]:
        """Browsers may keep it for `max_age` seconds, and then ask with the ETag whether it changed."""
        etag = hashlib.sha256(self.text.encode()).hexdigest()[:32]
        return {
            "content-type": self.content_type,
            "cache-control": f"public, max-age={self.max_age}",
            "etag": f'"{etag}"',
        }


_ASSETS = {"shoplake.js": ("text/javascript; charset=utf-8", 3600), "openapi.json": ("application/json", 300)}


@cache
def asset(name: str) -> Asset:
    """The file of that name in this package."""
    content_type, max_age = _ASSETS[name]
    return Asset((resources.files(__name__) / name).read_text(encoding="utf-8"), content_type, max_age)
