"""Forward splits: train, then validate, then test, each later than the one before by at least a horizon."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from model_lib.environment import RefusalError

MIN_ROWS = 200
MIN_OF_A_CLASS = 30
MAX_RATE = 0.96
# The shortest horizon of churn_labels, and the days before the first snapshot; see glue_jobs/features/snapshots.sql.
SHORTEST, BEFORE = 30, 30


@dataclass(frozen=True)
class Splits:
    """Rows of customer_features with `has_churned`. No row of a split has a label that was not known when the next one begins.

    `refit` is train and validate together: everything that is known on the day of the test.
    """

    train: pd.DataFrame
    validate: pd.DataFrame
    refit: pd.DataFrame
    test: pd.DataFrame
    horizon_days: int

    def days(self) -> dict[str, list[str]]:
        """The first and last snapshot day of each split."""
        return {
            name: [str(split["as_of"].min().date()), str(split["as_of"].max().date())]
            for name, split in (("train", self.train), ("validate", self.validate), ("test", self.test))
        }


def forward_splits(customers: pd.DataFrame, labels: pd.DataFrame) -> Splits:
    """RefusalError in a sentence if there are too few days, rows or rows of one class."""
    rows = customers.merge(labels, on=["customer_id", "as_of"], validate="one_to_one")
    rows = rows.sort_values(["as_of", "customer_id"], ignore_index=True)
    if rows.empty:
        raise RefusalError(f"There are no labels: the data ends before a horizon is over; {more_history(SHORTEST)}.")
    horizon = int(rows["horizon_days"].iloc[0])
    test_day = rows["as_of"].max()
    refit = rows[rows["known_on"] <= test_day]
    validate = refit[refit["as_of"] == refit["as_of"].max()]
    train = refit[refit["known_on"] <= validate["as_of"].max()]
    splits = Splits(train, validate, refit, rows[rows["as_of"] == test_day], horizon)
    for name in ("train", "validate", "test"):
        _check(name, getattr(splits, name), horizon)
    return splits


def more_history(horizon: int) -> str:
    """How many days of orders churn needs: train, validate and test take a horizon each, after the first snapshot."""
    return f"land more months of data (with a horizon of {horizon} days at least {3 * horizon + BEFORE} days)"


def _check(name: str, rows: pd.DataFrame, horizon: int) -> None:
    if len(rows) < MIN_ROWS:
        raise RefusalError(
            f"{name}: {len(rows)} customers have a known outcome after {horizon} days, and the models need {MIN_ROWS}; "
            f"{more_history(horizon)}."
        )
    rate = float(rows["has_churned"].mean())
    if rate > MAX_RATE:
        raise RefusalError(
            f"{name}: {rate:.1%} of the customers did not buy again within {horizon} days, so there is one class only; "
            "where nearly everybody buys once, churn cannot be predicted."
        )
    smaller = min(int(rows["has_churned"].sum()), int((~rows["has_churned"]).sum()))
    if smaller < MIN_OF_A_CLASS:
        raise RefusalError(f"{name}: only {smaller} customers are in the smaller class, and the models need {MIN_OF_A_CLASS}.")
