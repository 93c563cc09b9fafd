"""The browser tracker as it is served: tracker.js with the contract's lists, without comments and blanks."""

from __future__ import annotations

import re
from pathlib import Path

from contracts import Contract
from contracts.model import Requests
from lambdas.derive.fields import tracker_fields

_SOURCE = Path(__file__).with_name("tracker.js")
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
# Texts and regular expressions, which stay as they are; a division has blanks around its slash.
_LITERAL = re.compile(r'("[^"\n]*"|/[^/\s](?:\\.|[^/\n])*/)')
_BLANKS = re.compile(r"\s*([=(){}\[\],:;<>&|?+*%!-])\s*")


def script(contract: Contract) -> str:
    """The text of static/shoplake.js."""
    text = _COMMENT.sub("", _SOURCE.read_text(encoding="utf-8"))
    event_type = contract.column("event_type")
    server_only = (contract.requests or Requests()).server_only
    types = [name for name in event_type.enum or () if name not in server_only]
    text = text.replace("TYPES", " ".join(types)).replace("FIELDS", " ".join(tracker_fields(contract)))
    parts = _LITERAL.split(text)
    parts[::2] = [_BLANKS.sub(r"\1", re.sub(r"\s+", " ", part)) for part in parts[::2]]
    return "".join(parts).strip() + "\n"
