"""The funnel and the sessions of a source, shown with the profile of its events and sessions."""

from __future__ import annotations

from dataclasses import dataclass

from offline.athena import LakeQueries
from offline.report.rendering.formatting import percent


@dataclass(frozen=True)
class SessionMetrics:
    """Counts over all sessions of a source."""

    sessions: int
    sessions_of_known_users: int
    users: int
    events: int
    median_events: int
    purchase_sessions: int
    reached_view: int
    reached_cart: int
    reached_purchase: int

    @property
    def sessions_per_user(self) -> float | None:
        """Null if no user is known."""
        return self.sessions_of_known_users / self.users if self.users else None

    def sentences(self) -> tuple[str, ...]:
        """The figures as text for the terminal."""
        carted = percent(self.reached_cart / self.reached_view if self.reached_view else None)
        bought = percent(self.reached_purchase / self.reached_cart if self.reached_cart else None)
        funnel = (
            f"{self.reached_view:,} viewed, {self.reached_cart:,} added to cart ({carted} of those), "
            f"{self.reached_purchase:,} bought ({bought} of those)"
        )
        per_user = (
            "no known users"
            if self.sessions_per_user is None
            else f"{self.sessions_per_user:.2f} sessions per user ({self.users:,} known)"
        )
        bought_at_all = f"{percent(self.purchase_sessions / self.sessions)} of sessions bought, whatever came before"
        per_session = f"{self.events / self.sessions:.2f} events per session, median {self.median_events}"
        return (f"Funnel: {self.sessions:,} sessions; {funnel}.", f"{per_session}; {per_user}; {bought_at_all}.")


def session_metrics(lake: LakeQueries, source: str) -> SessionMetrics | None:
    """The figures of a source; None if it has no sessions."""
    totals, funnel = (lake.view_row(name, source=source) for name in ("session_totals", "funnel"))
    if not totals:
        return None
    values = {**totals, **(funnel or {})}
    return SessionMetrics(**{name: int(values.get(name) or 0) for name in SessionMetrics.__dataclass_fields__})
