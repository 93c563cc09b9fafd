"""The events in a request's body: JSON, NDJSON, text, forms; gzip and base64; within the limits."""

from __future__ import annotations

import base64
import binascii
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from lambdas.ingest.errors import (
    BAD_BASE64,
    BAD_FORM,
    BAD_GZIP,
    BODY_BYTES,
    BODY_SIZE,
    DEPTH_ERROR,
    EMPTY,
    ENCODING,
    EVENTS,
    NOT_JSON,
    NOT_UTF8,
    TOO_MANY,
    refuse,
)
from lambdas.ingest.json_text import (
    SPACE,
    DuplicateKeys,
    TooDeepError,
    elements,
    read,
    read_lines,
    read_sequence,
    reason,
    sequence_texts,
    start_of_events,
)

_GZIP = b"\x1f\x8b"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Body:
    """The events as parsed, a function that gives the text of each, and the key if the body has one."""

    events: list[Any]
    texts: Callable[[], list[str]]
    key: str | None = None

    def sources(self) -> list[bytes]:
        """Each event as it was sent, without the key."""
        hidden = [text.replace(self.key, "(key)") if self.key else text for text in self.texts()]
        return [text.encode("utf-8", "surrogatepass") for text in hidden]


def plain_bytes(body: str | None, *, is_base64: bool, encoding: str) -> bytes:
    """The body without base64 and gzip. RequestError if it is empty, damaged, or larger than the limit."""
    data = _decoded(body or "") if is_base64 else (body or "").encode("utf-8", "surrogatepass")
    if encoding.strip().lower() not in ("", "identity", "gzip", "x-gzip"):
        raise refuse(ENCODING)
    if len(data) > BODY_BYTES:
        raise refuse(BODY_SIZE, "Send it in several requests.")
    # API Gateway may have decompressed it already, and some senders leave the header out: the first bytes decide.
    data = _decompressed(data) if data.startswith(_GZIP) else data
    if not data.strip():
        raise refuse(EMPTY, "Send an event, a list of events, or NDJSON.")
    return data


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise refuse(BAD_BASE64, "Send it again.") from None


def _decompressed(data: bytes) -> bytes:
    """All members of a gzip body. It stops one byte above the limit, so that a bomb costs no memory."""
    plain = b""
    try:
        while data:
            member = zlib.decompressobj(wbits=31)
            plain += member.decompress(data, BODY_BYTES + 1 - len(plain))
            if len(plain) > BODY_BYTES:
                raise refuse(BODY_SIZE, "Send it in several requests.")
            if not member.eof:
                raise refuse(BAD_GZIP, "It ends too early; send it again.")
            data = member.unused_data
    except zlib.error:
        raise refuse(BAD_GZIP, "Send it again.") from None
    return plain


def parse(data: bytes, *, content_type: str) -> Body:
    """The events of a body. RequestError, with the bytes for the rejected ones, if its events cannot be separated."""
    try:
        text = data.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise refuse(NOT_UTF8, f"Byte {error.start + 1} is wrong.", body=data) from None
    kind = content_type.partition(";")[0].strip().lower()
    is_json = text.lstrip(SPACE)[:1] in ("{", "[")  # `curl -d` declares any body a form
    if kind == _FORM and not is_json:
        body = _form(_fields_of_form(text), data)
    elif kind == _MULTIPART and not is_json:
        body = _form(_fields_of_multipart(data, content_type), data)
    else:
        body = _from_text(text, data)
    if len(body.events) > EVENTS:
        raise refuse(TOO_MANY, f"It has {len(body.events):,}; send them in several requests.")
    return body


def _form(fields: Mapping[str, str], data: bytes) -> Body:
    if not fields.get("events", "").strip():
        raise refuse(BAD_FORM, "Send events=… and key=….", body=data)
    body = _from_text(fields["events"], data)
    return Body(body.events, body.texts, body.key or fields.get("key"))


def _fields_of_form(text: str) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(text, max_num_fields=100).items()}
    except ValueError:
        return {}


def _fields_of_multipart(data: bytes, content_type: str) -> dict[str, str]:
    """What sendBeacon sends of a FormData."""
    from email import message_from_bytes, policy  # noqa: PLC0415 - slow to import and rarely needed

    header = f"Content-Type: {content_type.splitlines()[0]}\r\n\r\n".encode("utf-8", "replace")
    message = message_from_bytes(header + data, policy=policy.compat32)
    fields = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields[name] = payload.decode("utf-8", "replace")
    return fields


def _from_text(text: str, data: bytes) -> Body:
    """One JSON value, else one value a line, else one value after another."""
    try:
        return _from_value(read(text), text)
    except TooDeepError as error:
        raise refuse(DEPTH_ERROR, body=data) from error
    except ValueError as error:
        return _from_lines(text, data, error)


def _from_value(value: Any, text: str) -> Body:
    if isinstance(value, list):
        return Body(value, lambda: elements(text))
    if isinstance(value, DuplicateKeys) or not isinstance(value, dict):
        return Body([value], lambda: [text])
    popped = value.pop("key", None)
    key = popped if isinstance(popped, str) else None
    if isinstance(value.get("events"), list):
        return Body(value["events"], lambda: elements(text, start_of_events(text)), key)
    return Body([value], lambda: [text], key)


def _from_lines(text: str, data: bytes, error: ValueError) -> Body:
    lines = [line for line in text.split("\n") if line.strip(SPACE)]
    if len(lines) > 1 and lines[0].lstrip(SPACE).startswith("{") and _looks_like_lines(lines):
        pairs = list(read_lines(text))
        return Body([value for _, value in pairs], lambda: [line for line, _ in pairs], _key_of_lines(pairs))
    if sequence := read_sequence(text):
        return Body(sequence, lambda: sequence_texts(text))
    raise refuse(NOT_JSON, f"Found: {reason(error)}.", body=data)


def _looks_like_lines(lines: list[str]) -> bool:
    """Whether any line is a whole JSON object: otherwise it is one damaged object over several lines."""
    return any(line.lstrip(SPACE).startswith("{") and line.rstrip(SPACE).endswith("}") for line in lines)


def _key_of_lines(pairs: list[tuple[str, Any]]) -> str | None:
    """The `key` of the first line that has one; it is a credential, so it is taken out of every line."""
    keys = [value.pop("key", None) for _, value in pairs if type(value) is dict]
    return next((key for key in keys if isinstance(key, str)), None)
