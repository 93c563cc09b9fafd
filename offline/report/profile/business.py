"""What a shop does, beside what its tables look like: the funnel, sessions per user, events per session, from all sessions."""

from __future__ import annotations

from dataclasses import dataclass

from offline.athena import AthenaEngine
from offline.lake.run_history import literal, rows
from offline.report.numbers import percent

SESSIONS = """
select count(*) as sessions, count(user_id) as of_users, count(distinct user_id) as users, sum(events) as events,
       approx_percentile(events, 0.5) as median_events,
       count_if(reached_view) as reached_view, count_if(reached_cart) as reached_cart,
       count_if(reached_purchase) as reached_purchase
from fct_sessions where source = {source}
"""


@dataclass(frozen=True)
class Business:
    """Counts over all sessions of a source; `of_users` are the sessions whose user is known."""

    sessions: int
    of_users: int
    users: int
    events: int
    median_events: int
    reached_view: int
    reached_cart: int
    reached_purchase: int

    def sentences(self) -> tuple[str, ...]:
        """The figures as they are read in a terminal."""
        carted = percent(self.reached_cart / self.reached_view if self.reached_view else None)
        bought = percent(self.reached_purchase / self.reached_cart if self.reached_cart else None)
        steps = (
            f"{self.reached_view:,} viewed, {self.reached_cart:,} carted ({carted} of those), "
            f"{self.reached_purchase:,} bought ({bought} of those)"
        )
        visits = (
            f"{self.of_users / self.users:.2f} sessions per user ({self.users:,} known)" if self.users else "no user is known"
        )
        per = f"{self.events / self.sessions:.2f} events per session, half have at most {self.median_events}"
        return (f"Funnel: {self.sessions:,} sessions; {steps}.", f"{per}; {visits}.")


def business_of(athena: AthenaEngine, source: str) -> Business | None:
    """The figures of a source; None where it has no sessions."""
    found = rows(athena, SESSIONS.format(source=literal(source)))[0]
    return Business(**{name: int(value or 0) for name, value in found.items()}) if found["sessions"] else None
