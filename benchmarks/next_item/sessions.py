"""Sessions of views from the published files, cut into windows of training and test days.

The protocol is that of session-rec (Ludewig, Mauro, Latifi & Jannach 2020, User Modeling and User-Adapted Interaction): several
windows one after another, sessions with at least two views of products that were viewed a number of times in the window, and in
the test part only products that the training part has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.errors import UsageError

GAP_SECONDS = 30 * 60
DAY = 86_400.0
MIN_LENGTH = 2
# Views as user_id, session_id (null to cut sessions at gaps), product_id and seconds since 1970.
FORMATS = {
    "retailrocket": "select visitorid, null, itemid, timestamp::bigint / 1000.0 from {file} where event = 'view'",
    "rees46": "select user_id, user_session, product_id, epoch(replace(event_time, ' UTC', '')::timestamp) from {file} "
    "where event_type = 'view'",
}
READ = "read_csv('{}', all_varchar = true, header = true, ignore_errors = true)"
TABLE = "create table views (user_id varchar, session_id varchar, product_id varchar, viewed_at decimal(18, 6))"
SESSIONS = f"""
    with gaps as (
        select *, coalesce(viewed_at - lag(viewed_at) over visitor > {GAP_SECONDS}, true) as begins
        from views window visitor as (partition by user_id order by viewed_at, product_id)
    ),
    cut as (
        select *, coalesce(session_id, user_id || '#' || sum(begins::int) over visitor) as session
        from gaps window visitor as (partition by user_id order by viewed_at, product_id rows unbounded preceding)
    )
    select list(product_id order by viewed_at, product_id) as items, max(viewed_at)::double as ended_at
    from cut where product_id is not null group by session order by ended_at, session"""


@dataclass(frozen=True)
class Session:
    """The products that were viewed, in order, and when the last view was, in seconds since 1970."""

    items: tuple[str, ...]
    ended_at: float


@dataclass(frozen=True)
class Window:
    """The sessions to learn from and, later ones, to predict."""

    train: Sequence[Session]
    test: Sequence[Session]


def read_sessions(path: Path, layout: str) -> list[Session]:
    """All sessions of a file of views, by end. UsageError if it has none."""
    with duckdb.connect() as connection:
        try:
            source = READ.format(str(path).replace("'", "''"))
            connection.execute(TABLE)
            connection.execute(f"insert into views {FORMATS[layout].format(file=source)}")
            rows = connection.execute(SESSIONS).fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise UsageError(
                f"{path}: cannot be read as a file of {layout} ({reason}); name another --format or file."
            ) from error
    if not rows:
        raise UsageError(f"{path}: has no views; pass the file of events.")
    return [Session(tuple(items), ended_at) for items, ended_at in rows]


def windows(
    sessions: Sequence[Session], *, count: int, train_days: float, test_days: float, min_support: int
) -> Iterator[Window]:
    """`count` windows, each beginning where the one before ended. Windows without sessions to predict are left out."""
    first = min(session.ended_at for session in sessions)
    for number in range(count):
        start = first + number * (train_days + test_days) * DAY
        cut, end = start + train_days * DAY, start + (train_days + test_days) * DAY
        kept = _frequent([session for session in sessions if start <= session.ended_at < end], min_support)
        train = [session for session in kept if session.ended_at < cut]
        known = {item for session in train for item in session.items}
        later = (Session(_only(session, known), session.ended_at) for session in kept if session.ended_at >= cut)
        test = [session for session in later if len(session.items) >= MIN_LENGTH]
        if test:
            yield Window(train, test)


def _frequent(sessions: Sequence[Session], min_support: int) -> list[Session]:
    long = [session for session in sessions if len(session.items) >= MIN_LENGTH]
    views = Counter(item for session in long for item in session.items)
    frequent = {item for item, count in views.items() if count >= min_support}
    cut = (Session(_only(session, frequent), session.ended_at) for session in long)
    return [session for session in cut if len(session.items) >= MIN_LENGTH]


def _only(session: Session, items: set[str]) -> tuple[str, ...]:
    return tuple(item for item in session.items if item in items)
