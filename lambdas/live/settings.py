"""Settings of the live function, from its environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lambdas.live.fold import Rules

MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`windows` are sizes in seconds, the shortest first; only it is stored, the others are sums of it."""

    table: str
    alert_topic: str
    windows: tuple[int, ...]
    lateness: int
    deduplication: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises ValueError for windows that are not multiples of the shortest, or if a minute is none."""
        windows = tuple(sorted(int(size) for size in json.loads(environment["WINDOWS"])))
        if not windows or windows[0] < 1 or any(size % windows[0] for size in (*windows, MINUTE)):
            raise ValueError(
                f"WINDOWS {environment['WINDOWS']}: expected seconds, each a multiple of the shortest, and that a divisor of 60."
            )
        return cls(
            table=environment["LIVE_TABLE"],
            alert_topic=environment.get("ALERT_TOPIC", ""),
            windows=windows,
            lateness=int(environment["ALLOWED_LATENESS_SECONDS"]),
            deduplication=int(environment["DEDUPLICATION_SECONDS"]),
        )

    @property
    def rules(self) -> Rules:
        return Rules(window=self.windows[0], lateness=self.lateness)
