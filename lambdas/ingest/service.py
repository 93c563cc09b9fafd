"""What the function needs from outside, and what it does with a batch of events."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Protocol

from lambdas.common import logs
from lambdas.ingest import rejects
from lambdas.ingest.bodies import Body
from lambdas.ingest.delivery import Clock, Delivery, Stream, deliver
from lambdas.ingest.errors import BUSY, NOT_STORED, Problem, RequestError
from lambdas.ingest.events import Line, Sender, line_of
from lambdas.ingest.files import Upload
from lambdas.ingest.packing import pack
from lambdas.ingest.requests import JSON, Answer, Request

RETRY_AFTER = {"retry-after": "2"}


class StorageError(Exception):
    """An object could not be stored."""


class Storage(Protocol):
    """The raw zone."""

    def store(self, key: str, content: bytes) -> None:
        """Store an object. StorageError if that fails."""
        ...

    def presigned(self, upload: Upload, *, seconds: int) -> tuple[str, Mapping[str, str]]:
        """A URL that takes this one file by PUT, and the headers that the PUT must send."""
        ...


class Services(Protocol):
    """Everything outside of the function. Properties, so that each is made when a request first needs it."""

    @property
    def stream(self) -> Stream:
        """Where accepted events go."""
        ...

    @property
    def storage(self) -> Storage:
        """Where rejected events and files go."""
        ...

    @property
    def publishable_key(self) -> str:
        """The key that pages have."""
        ...

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The origins of pages that may send events; `*` is any."""
        ...

    @property
    def currency(self) -> str:
        """The currency that all amounts are in."""
        ...

    def server_key(self) -> str:
        """The secret key of the shop's servers. RequestError if it cannot be read."""
        ...

    def hash_key(self) -> bytes:
        """The secret key of the hashes of personal data. RequestError if it cannot be read."""
        ...


def take_events(body: Body, data: bytes, *, sender: Sender, request: Request, services: Services) -> Answer:
    """Store the rejected events, put the others on the stream, and answer for each."""
    outcomes = [line_of(event, sender) for event in body.events]
    if any(type(outcome) is list for outcome in outcomes):
        sources = zip(outcomes, body.sources(), strict=True)
        rejected = [
            rejects.Rejected(position, outcome, source)
            for position, (outcome, source) in enumerate(sources)
            if isinstance(outcome, list)
        ]
        store_rejected(rejected, data, request=request, services=services, sender={"key": sender.key})
    delivery = deliver(pack(outcomes), services.stream, Clock(request.remaining))
    if delivery.failed:
        logs.warning("events not delivered", records=len(delivery.failed), attempts=delivery.attempts, code=delivery.code)
    return _answer(outcomes, delivery)


def store_rejected(
    rejected: Sequence[rejects.Rejected], data: bytes, *, request: Request, services: Services, sender: Mapping[str, object]
) -> None:
    """Store what was rejected. RequestError 503 if that fails: the sender has to send the body again, so that nothing is lost."""
    key = rejects.object_key(data, idempotency=idempotency_key(request), received=request.received)
    codes = Counter(str(problem.kind.code) for each in rejected for problem in each.problems)
    logs.info("events rejected", events=len(rejected), codes=codes, stored=key)
    try:
        services.storage.store(key, rejects.object_bytes(rejected, received=request.received, sender=sender))
    except StorageError as error:
        logs.error("rejected events not stored", reason=str(error))
        raise RequestError(Problem(NOT_STORED, NOT_STORED.meaning), headers=dict(RETRY_AFTER)) from None


def idempotency_key(request: Request) -> str:
    """The sender's Idempotency-Key, or an empty text."""
    return request.headers.get("idempotency-key", "").strip()


def _answer(outcomes: Sequence[Line | list[Problem]], delivery: Delivery) -> Answer:
    failed = {position for record in delivery.failed for position in record.positions}
    # JSON of an accepted event is a template: the JSON writer takes five times as long.
    results = [
        f'{{"index": {position}, "status": "accepted", "event_id": {quoted(outcome.event_id)}}}'
        if type(outcome) is Line and position not in failed
        else json.dumps(_not_accepted(position, outcome))
        for position, outcome in enumerate(outcomes)
    ]
    rejected = sum([type(outcome) is list for outcome in outcomes])
    accepted = len(outcomes) - rejected - len(failed)
    counts = {"Accepted": accepted, "Rejected": rejected, "Failed": len(failed)}
    status = 503 if failed else 202 if not rejected else 200 if accepted else 422
    totals = f'"accepted": {accepted}, "rejected": {rejected}, "failed": {len(failed)}'
    body = f'{{{totals}, "results": [{", ".join(results)}]}}'
    return Answer(status, body, {**JSON, **(RETRY_AFTER if failed else {})}, counts)


def _not_accepted(position: int, outcome: Line | list[Problem]) -> dict[str, Any]:
    if isinstance(outcome, list):
        return {"index": position, "status": "rejected", "errors": [problem.as_json() for problem in outcome]}
    errors = [Problem(BUSY, BUSY.meaning).as_json()]
    return {"index": position, "status": "failed", "event_id": outcome.event_id, "errors": errors}
