"""Sessions of bots added to a shop's own, for judging detectors. It writes visits as a shop has them, and knows no features."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

Visit = dict[str, object]
SECOND = pd.Timedelta(seconds=1)


@dataclass
class Site:
    """What a bot sees: a period in which to visit. `number` makes names."""

    random: np.random.Generator
    first: pd.Timestamp
    last: pd.Timestamp
    number: int = 0

    def moment(self) -> pd.Timestamp:
        """A time of the period; bots do not sleep."""
        return (self.first + (self.last - self.first) * float(self.random.random())).floor("s")

    def account(self) -> str:
        return f"new-{self.random.integers(1 << 40)}"

    def visit(
        self, kind: str, user: str | None, at: pd.Timestamp, seconds: float, *, views: int, carts: int = 0, purchases: int = 0
    ) -> Visit:
        """One session, in which every view is of another product."""
        self.number += 1
        return {
            "session_id": f"{kind}-{self.number}",
            "user_id": user,
            "started_at": at,
            "ended_at": at + SECOND * int(seconds),
            "duration_seconds": int(seconds),
            "events": views + carts + purchases,
            "views": views,
            "products": views,
            "carts": carts,
            "removes": 0,
            "purchases": purchases,
        }


def bot_crawl(site: Site) -> Iterator[Visit]:
    """A crawler reads one product page after the other and buys nothing. Cut off, it comes back minutes later.

    Some are patient and read few pages slowly; some have an account.
    """
    user, at = (site.account() if site.random.random() < 0.5 else None), site.moment()
    pages, pause = int(np.exp(site.random.uniform(np.log(20), np.log(400)))), site.random.uniform(0.5, 6)
    for _ in range(int(site.random.integers(1, 5))):
        views = max(1, int(pages * site.random.uniform(0.7, 1.3)))
        seconds = (views - 1) * pause
        yield site.visit("bot_crawl", user, at, seconds, views=views)
        at += SECOND * int(seconds + site.random.integers(300, 3_600))


def card_testing(site: Site) -> Iterator[Visit]:
    """A new account tries stolen cards: one quick purchase after the other."""
    user, at = site.account(), site.moment()
    for _ in range(int(site.random.integers(8, 14))):
        seconds = int(site.random.integers(10, 60))
        yield site.visit("card_testing", user, at, seconds, views=1, carts=1, purchases=1)
        at += SECOND * (seconds + int(site.random.integers(20, 180)))


KINDS: Mapping[str, Callable[[Site], Iterator[Visit]]] = {"bot_crawl": bot_crawl, "card_testing": card_testing}


def with_crawls(
    visits: pd.DataFrame, *, first: pd.Timestamp, last: pd.Timestamp, share: float, seed: int
) -> tuple[pd.DataFrame, pd.Series]:
    """The sessions with those of bots between two instants, and the kind by session_id of a bot's.

    Each kind makes up about `share` of the sessions of the period.
    """
    site = Site(np.random.default_rng(seed), first, last)
    least = max(int(visits["started_at"].between(first, last).sum() * share), 3)
    added: list[Visit] = []
    for make in KINDS.values():
        made: list[Visit] = []
        while len(made) < least:
            made += make(site)
        added += made
    bots = pd.DataFrame(added)
    names = bots["session_id"]
    return pd.concat([visits, bots], ignore_index=True), pd.Series(names.str.rsplit("-", n=1).str[0].to_numpy(), index=names)
