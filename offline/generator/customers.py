"""Who buys: users with a planted segment, a rate of their own, a first day and, for some, a last one."""

from __future__ import annotations

import numpy as np

from offline.generator.behavior import FRAUD, GROUPS, GUEST, GUEST_SHARE, NOBODY, ONE_OFF, ONE_OFF_DAYS, per_group
from offline.generator.catalog import CATEGORIES
from offline.generator.plan import DAY, BoolArray, FloatArray, IntArray, Plan

COUNTRIES = ("Germany", "France", "United Kingdom", "Poland", "Spain", "Netherlands", "Italy", "Sweden")
COUNTRY_SHARES = (0.30, 0.18, 0.15, 0.10, 0.09, 0.08, 0.06, 0.04)
MOVES = 0.0004  # share of registered customers per day who change their country
NEVER = np.iinfo(np.int64).min
FIRST_USER = {"shop": 1, "rees46": 512_000_001}
FIRST_VISITOR = 600_000_000  # in rees46 guests have a user_id too


class Customers:
    """All users, by index. `registered_at` is in seconds since the first midnight, NEVER before the first visit."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        rng = plan.rng("customers")
        count = plan.users
        self.segment = _segments(rng, count)
        self.rate = per_group("visit_rate")[self.segment] * np.exp(rng.normal(0, 0.35, count))
        self.eagerness = np.exp(rng.normal(0, 0.25, count))  # multiplies the segment's cart rate
        self.favorites = rng.integers(0, len(CATEGORIES), (count, 2))
        self.country = rng.choice(len(COUNTRIES), count, p=COUNTRY_SHARES).astype(np.int64)
        self.joins = self._joins(rng)
        self.leaves = self._leaves(rng)
        self.registered_at = np.where(self.joins < 0, -rng.integers(1, 700 * DAY, count), NEVER).astype(np.int64)
        self.done = np.zeros(count, dtype=np.bool_)  # one-off buyers who have bought

    def __len__(self) -> int:
        return len(self.segment)

    def _joins(self, rng: np.random.Generator) -> IntArray:
        """First day; -1 for existing customers. One-off buyers are spread over the days."""
        days = rng.integers(0, self._plan.days, len(self)).astype(np.int64)
        early = (rng.random(len(self)) < 0.6) & (self.segment < ONE_OFF)
        return np.where(early, -1, days)

    def _leaves(self, rng: np.random.Generator) -> IntArray:
        """The day from which a user does not return; the number of days for users who stay."""
        days = self._plan.days
        churns = rng.random(len(self)) < per_group("churn")[self.segment]
        last = np.maximum(self.joins, 0) + np.ceil(rng.uniform(0.2, 0.6, len(self)) * days).astype(np.int64)
        last = np.where(self.segment == ONE_OFF, self.joins + ONE_OFF_DAYS, last)
        return np.where(churns, np.minimum(last, days), days)

    def churned(self) -> BoolArray:
        return self.leaves < self._plan.days

    def visitors(self, rng: np.random.Generator, *, day: int, count: int) -> IntArray:
        """The user of each of today's sessions; NOBODY for guests."""
        weight: FloatArray = np.where((self.joins <= day) & (day < self.leaves) & ~self.done, self.rate, 0.0)
        running = np.cumsum(weight)
        guest = rng.random(count) < (GUEST_SHARE if running[-1] > 0 else 1.0)
        index = np.searchsorted(running, rng.random(count) * running[-1], side="right")
        user: IntArray = np.where(guest, NOBODY, np.minimum(index, len(self) - 1)).astype(np.int64)
        return user

    def group(self, user: IntArray) -> IntArray:
        group: IntArray = np.where(user == NOBODY, GUEST, self.segment[user])
        return group

    def register(self, user: IntArray, second: IntArray) -> IntArray:
        """Register users on their first visit; input is in time order. Returns the new users."""
        known, position = np.unique(user[user != NOBODY], return_index=True)
        second = second[user != NOBODY][position]
        fresh = self.registered_at[known] == NEVER
        self.registered_at[known[fresh]] = second[fresh]
        new: IntArray = known[fresh]
        return new

    def move(self, day: int) -> IntArray:
        """At midnight some customers registered before today change their country. Returns them."""
        rng = self._plan.rng("moves", day)
        before = (self.registered_at != NEVER) & (self.registered_at < day * DAY)
        movers = np.flatnonzero(before & (rng.random(len(self)) < MOVES))
        self.country[movers] = (self.country[movers] + rng.integers(1, len(COUNTRIES), len(movers))) % len(COUNTRIES)
        return movers


def _segments(rng: np.random.Generator, count: int) -> IntArray:
    """Shuffled segments in the planned shares; a few of the users are fraudsters."""
    shares = np.cumsum([group.share for group in GROUPS[:GUEST]])
    segment = np.searchsorted(shares / shares[-1], (np.arange(count) + 0.5) / count, side="right").astype(np.int64)
    fraudsters = min(max(2, count // 1000), count // 10)
    rng.shuffle(segment)
    segment[rng.permutation(count)[:fraudsters]] = FRAUD
    return segment
