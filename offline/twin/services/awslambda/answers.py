"""What an invocation returns."""

from __future__ import annotations

from dataclasses import dataclass


class ThrottledError(Exception):
    """The function was not started, because too many invocations are in progress."""

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.")
        self.reason = reason


@dataclass(frozen=True)
class Answer:
    """The function's response; `error` is Lambda's FunctionError when it failed, and the payload then says how."""

    payload: bytes
    error: str | None
    request_id: str
