"""Behavior of the planted visitor groups. truth.json repeats these planned rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offline.generator.plan import FloatArray


@dataclass(frozen=True, kw_only=True)
class Behavior:
    """One group. Rates are probabilities per session; `visit_rate` is relative to the other groups."""

    name: str
    share: float  # of registered users
    visit_rate: float
    cart_rate: float  # of sessions
    buy_rate: float  # of sessions that carted
    more_products: float  # probability of viewing one more product
    more_in_basket: float  # probability of carting one more product
    extra_units: float  # mean units beyond the first
    price_taste: float  # popularity is multiplied by price to this power
    churn: float  # share of users who leave during the days generated


GROUPS: tuple[Behavior, ...] = (
    Behavior(
        name="champions",
        share=0.08,
        visit_rate=3.0,
        cart_rate=0.55,
        buy_rate=0.65,
        more_products=0.65,
        more_in_basket=0.55,
        extra_units=0.6,
        price_taste=0.35,
        churn=0.04,
    ),
    Behavior(
        name="loyal",
        share=0.22,
        visit_rate=1.4,
        cart_rate=0.42,
        buy_rate=0.55,
        more_products=0.60,
        more_in_basket=0.35,
        extra_units=0.2,
        price_taste=0.0,
        churn=0.15,
    ),
    Behavior(
        name="bargain",
        share=0.25,
        visit_rate=1.2,
        cart_rate=0.36,
        buy_rate=0.40,
        more_products=0.68,
        more_in_basket=0.20,
        extra_units=0.1,
        price_taste=-0.9,
        churn=0.25,
    ),
    Behavior(
        name="one_off",
        share=0.45,
        visit_rate=5.0,
        cart_rate=0.45,
        buy_rate=0.60,
        more_products=0.45,
        more_in_basket=0.10,
        extra_units=0.0,
        price_taste=-0.1,
        churn=1.0,
    ),
    Behavior(
        name="guest",
        share=0.0,
        visit_rate=0.0,
        cart_rate=0.09,
        buy_rate=0.25,
        more_products=0.40,
        more_in_basket=0.10,
        extra_units=0.0,
        price_taste=-0.2,
        churn=0.0,
    ),
    Behavior(
        name="fraud",
        share=0.0,
        visit_rate=0.0,
        cart_rate=1.0,
        buy_rate=1.0,
        more_products=0.0,
        more_in_basket=0.0,
        extra_units=2.0,
        price_taste=0.0,
        churn=0.0,
    ),
)
ONE_OFF, GUEST, FRAUD = 3, 4, 5
SEGMENTS = tuple(group.name for group in GROUPS[:GUEST])
ONE_OFF_DAYS = 3  # a one-off buyer is interested for this many days
GUEST_SHARE = 0.35  # share of sessions without sign-in
NOBODY = -1  # the user of a guest session


def per_group(attribute: str) -> FloatArray:
    """One figure of every group, to be indexed by group number."""
    return np.array([getattr(group, attribute) for group in GROUPS], dtype=np.float64)
