"""Errors of the serving API, in the form of those of the ingest API."""

from __future__ import annotations

from typing import Any

from lambdas.common.errors import BAD_METHOD, NO_ROUTE, Kind, kinds_among

PARAMETER = Kind(4501, 400, "A parameter of the path or the query is wrong.")
NOT_FOUND = Kind(4502, 404, "There is no such customer or product, or its source is not published.")
NO_TABLES = Kind(5034, 503, "The tables are not available; ask again after Retry-After.")


def kinds() -> list[Kind]:
    """All kinds that this function answers with, by number."""
    return kinds_among((NO_ROUTE, BAD_METHOD, PARAMETER, NOT_FOUND, NO_TABLES))


class RequestError(Exception):
    """The request cannot be answered; the text is a sentence for the client."""

    def __init__(self, kind: Kind, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence, self.headers = kind, sentence, headers

    def as_json(self) -> dict[str, Any]:
        """The content of the answer."""
        return {"errors": [{"code": self.kind.code, "message": self.sentence}]}
