"""Copies of a shop's later months with injected frauds, by which detectors are tuned, chosen and tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd
from model_lib.environment import RefusalError
from model_lib.feature_query import feature_rows
from model_lib.tables import read_files

from anomaly.crawls import with_crawls
from anomaly.features import ACTIVE_DAYS, Grain
from anomaly.frauds import with_frauds, with_fraudulent_customers
from anomaly.grains import CUSTOMER, ORDER, SESSION, grain_in

WORLDS = "fraud_worlds"
MIN_ROWS = 1_000
# The row from which on validation and test begin, as shares of all rows in time.
VALIDATE_FROM, TEST_FROM = 0.6, 0.8
# World 0 tunes and world 1 chooses, both in the validation period; the others test. Tuning needs more cases per kind; elsewhere
# all frauds together must fit into the alert budget.
SHARES = (0.01, 0.0012, 0.0012, 0.0012, 0.0012)
# Snapshots of customers: the last one tests, the one three before it validates, and each needs one before it to learn from.
VALIDATE_BACK = 3
Period = tuple[pd.Timestamp, pd.Timestamp]


class Inject(Protocol):
    """Adds frauds to facts between two instants; with them comes the kind by key of what is fraudulent."""

    def __call__(
        self, facts: pd.DataFrame, /, *, first: pd.Timestamp, last: pd.Timestamp, share: float, seed: int
    ) -> tuple[pd.DataFrame, pd.Series]: ...


@dataclass(frozen=True)
class Injection:
    """The facts that frauds of a grain are added to. `columns` are read of them: by the frauds, and by SELECTs of features.

    `empty` are further tables that the SELECT reads: of what no fraud is known in, no feature of the grain is made.
    """

    facts: str
    columns: tuple[str, ...]
    inject: Inject
    instants: tuple[str, ...]
    decimals: tuple[str, ...] = ()
    empty: Mapping[str, tuple[str, ...]] | None = None


LINES = ("order_id", "customer_id", "product_id", "ordered_at", "line_type", "item_kind", "quantity", "unit_price", "net_amount")
VISITS = ("user_id", "started_at", "ended_at", "duration_seconds", "carts")
INJECTIONS: Mapping[str, Injection] = {
    ORDER.name: Injection("fct_order_items", LINES, with_frauds, ("ordered_at",), ("unit_price", "net_amount")),
    SESSION.name: Injection(
        "fct_sessions",
        ("session_id", *VISITS, "events", "views", "products", "removes", "purchases"),
        with_crawls,
        ("started_at", "ended_at"),
    ),
    CUSTOMER.name: Injection(
        "fct_order_items",
        (*LINES, "order_date"),
        with_fraudulent_customers,
        ("ordered_at",),
        ("unit_price", "net_amount"),
        {"fct_sessions": VISITS, "dim_product": ("product_id", "category", "brand")},
    ),
}


def worlds(folder: Path, source: str) -> pd.DataFrame:
    """fraud_worlds from the table of features and the facts below `folder`."""
    grain = grain_in(folder)
    own = INJECTIONS[grain.name]
    rows, facts = read_files(folder, grain.table), read_files(folder, own.facts, columns=own.columns)
    return fraud_worlds(grain, source, rows, facts)


def fraud_worlds(grain: Grain, source: str, rows: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """The columns of the table of features with `world` and `kind`, which is null for what is the shop's own.

    RefusalError if there is too little to judge detectors on.
    """
    validate, test = _periods(grain, source, rows)
    own, made = INJECTIONS[grain.name], []
    # Curated has decimals, and frauds have floating point numbers.
    facts = facts[[*own.columns]].astype(dict.fromkeys(own.decimals, "float64"))
    # Sums of floating point numbers have the same last digit in every run only in one order of the lines.
    facts = facts.sort_values([name for name in own.columns if name not in ("line_type", "item_kind")], ignore_index=True)
    for world, share in enumerate(SHARES):
        first, last = validate if world < 2 else test
        changed, kinds = own.inject(facts, first=first, last=last, share=share, seed=world)
        found = _features(grain, own, changed[[*own.columns]].copy(), last)
        period = found if grain.snapshot else found[found[grain.time].between(first, last)]
        made.append(period.assign(world=world, kind=period[grain.key].map(kinds)))
    return pd.concat(made, ignore_index=True)


def _features(grain: Grain, own: Injection, changed: pd.DataFrame, last: pd.Timestamp) -> pd.DataFrame:
    """The rows that are judged, by key; of a snapshot those at the end of the period."""
    for name in own.instants:
        # Instants of two kinds, such as those of Arrow and those of pandas, have become objects.
        changed[name] = pd.to_datetime(changed[name], utc=True)
    tables = {own.facts: changed}
    if grain.snapshot:
        tables["snapshots"] = pd.DataFrame({"as_of": [last.tz_localize(None).normalize()]})
        changed["order_date"] = pd.to_datetime(changed["order_date"])
    tables |= {name: pd.DataFrame(columns=[*columns]) for name, columns in (own.empty or {}).items()}
    return grain.judged(feature_rows(grain.table, tables)).sort_values(grain.key, ignore_index=True)


def _periods(grain: Grain, source: str, rows: pd.DataFrame) -> tuple[Period, Period]:
    """The first and the last instant of validation and test."""
    judged = grain.latest(rows)
    if len(judged) < MIN_ROWS:
        active = f" who bought within {ACTIVE_DAYS} days" if grain.snapshot else ""
        raise RefusalError(
            f"{source}: {len(judged)} {grain.plural}{active}, and detectors need {MIN_ROWS} to be judged; land more data."
        )
    if not grain.snapshot:
        validate, test = judged[grain.time].quantile([VALIDATE_FROM, TEST_FROM])
        return (validate, test), (test, judged[grain.time].max())
    days = sorted(pd.to_datetime(rows[grain.time]).unique())
    if len(days) < VALIDATE_BACK + 2:
        raise RefusalError(
            f"{source}: customers have features of {len(days)} days, and detectors need {VALIDATE_BACK + 2}, {ACTIVE_DAYS} days "
            "apart; land more months of data."
        )
    validate, test = (pd.Timestamp(days[place]).tz_localize("UTC") for place in (-1 - VALIDATE_BACK, -1))
    length = pd.Timedelta(days=ACTIVE_DAYS - 1)
    return (validate - length, validate), (test - length, test)
