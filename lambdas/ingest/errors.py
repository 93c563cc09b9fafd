"""Every error that the ingest function answers with; those that it shares with the serving function are in lambdas/common."""

from __future__ import annotations

from dataclasses import dataclass, field

from lambdas.common.errors import BAD_METHOD, NO_ROUTE, Kind, kinds_among

BODY_BYTES = 1 << 20
EVENTS = 500
EVENT_BYTES = 32_768
DEPTH = 8
FILE_BYTES = 1 << 30
IDEMPOTENCY_LENGTH = 255


# Of one event. The others of the request are accepted; if none is, the status is 422.
MISSING = Kind(4001, 422, "A required field is missing, null or empty.")
TYPE = Kind(4002, 422, "A field has another JSON type than the contract says.")
CHOICE = Kind(4003, 422, "The value is not one of those that the contract lists.")
LENGTH = Kind(4004, 422, "A text is longer than the contract allows.")
TIME = Kind(4005, 422, "A time is not RFC 3339 with an offset, such as 2026-11-26T10:00:00Z, or no such day exists.")
NUMBER = Kind(4006, 422, "A number is negative, too large, or has more than 4 decimal places.")
PATTERN = Kind(4007, 422, "A text does not have the form that the contract asks for.")
NOT_OBJECT = Kind(4008, 422, "The event is not a JSON object.")
DUPLICATE_KEY = Kind(4009, 422, "A key is written twice in one object, so it is unclear which value counts.")
NOT_FINITE = Kind(4010, 422, "NaN and Infinity are not JSON; leave the field out.")
DEPTH_ERROR = Kind(4011, 422, f"The event is nested deeper than {DEPTH} levels.")
EVENT_SIZE = Kind(4012, 422, f"The event is larger than {EVENT_BYTES:,} bytes.")
ITEMS = Kind(4013, 422, "A list has more entries than the contract allows.")
SERVER_ONLY = Kind(4014, 422, "This event type needs the server key.")
LINE = Kind(4015, 422, "The line is not JSON.")
UNICODE = Kind(4016, 422, "A text holds half of a surrogate pair, which is not valid Unicode.")
CURRENCY = Kind(4017, 422, "The event has another currency than the setting api.currency; amounts of two are never added.")

# Of the whole request: nothing of it is accepted.
EMPTY = Kind(4101, 400, "The body is empty.")
NOT_JSON = Kind(4102, 400, "The body is not JSON.")
NOT_UTF8 = Kind(4103, 400, "The body is not UTF-8.")
BAD_GZIP = Kind(4104, 400, "The body is damaged gzip.")
BAD_BASE64 = Kind(4105, 400, "The body is damaged base64.")
BAD_FORM = Kind(4106, 400, "The form has no field `events` with JSON in it.")
ENCODING = Kind(4107, 415, "The Content-Encoding is unknown; send gzip or no encoding.")
BAD_HEADER = Kind(4108, 400, f"The Idempotency-Key header is longer than {IDEMPOTENCY_LENGTH} characters.")
BODY_SIZE = Kind(4131, 413, f"The body is larger than {BODY_BYTES:,} bytes, before or after decompression.")
TOO_MANY = Kind(4132, 413, f"The body has more than {EVENTS} events.")
NO_KEY = Kind(4201, 401, "There is no key: send the header x-api-key, or `key` in the query or the body.")
BAD_KEY = Kind(4202, 403, "The key is unknown.")
SECRET_IN_BROWSER = Kind(
    4203, 403, "The server key came from a browser (the request has an Origin header); use the publishable key there."
)
SECRET_IN_URL = Kind(
    4206, 403, "The server key came in the query or the body, where it is logged; send it in the header x-api-key."
)
KEY_NOT_ENOUGH = Kind(4204, 403, "This route needs the server key.")
ORIGIN = Kind(4205, 403, "The page's origin is not among those that the setting api.allowed_origins has.")
FILE_REQUEST = Kind(4401, 422, "The description of the file is wrong.")
FILE_TYPE = Kind(4402, 422, "Files of this type are not taken.")
FILE_SIZE = Kind(4403, 413, f"The file is empty or larger than {FILE_BYTES:,} bytes.")

# A fault of ours. Send the same body again after Retry-After: events that were accepted are not counted twice.
BUSY = Kind(5031, 503, "The stream did not take these events in time; send them again.")
NOT_STORED = Kind(5032, 503, "Rejected events could not be stored; send the same body again.")
NO_SECRET = Kind(5033, 503, "The keys could not be read; send the same body again.")
INTERNAL = Kind(5001, 500, "A fault in the API itself; it was logged.")

# What API Gateway answers before the function sees the request; stacks/constructs/gateway_responses.py sets these answers.
GATEWAY = Kind(4000, 400, "API Gateway refused the request: a parameter is missing, or the firewall has a rule against it.")
THROTTLED = Kind(4291, 429, "Too many requests. Send the same body again after Retry-After.")
NO_ANSWER = Kind(
    5041, 504, "The function did not answer in time. Send the same body again: events that were accepted count once."
)


def kinds() -> list[Kind]:
    """All kinds, by number."""
    return kinds_among((NO_ROUTE, BAD_METHOD, *globals().values()))


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: its kind, a sentence with the remedy, and the field if there is one. Sentences never repeat values of events."""

    kind: Kind
    message: str
    field: str | None = None

    def as_json(self) -> dict[str, object]:
        """The error in an answer."""
        named = {} if self.field is None else {"field": self.field}
        return {"code": self.kind.code, **named, "message": self.message}


@dataclass
class RequestError(Exception):
    """The whole request is refused. `body` is what arrived, if it is worth storing among the rejected."""

    problem: Problem
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def refuse(kind: Kind, remedy: str = "", *, body: bytes | None = None) -> RequestError:
    """The error to raise for a request: the kind's meaning, and the remedy if the meaning does not have it."""
    return RequestError(Problem(kind, f"{kind.meaning} {remedy}".strip()), body=body)
