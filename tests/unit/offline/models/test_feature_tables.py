"""Features of customers, orders and sessions: by hand, by pandas, and blind to the future."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from contracts import load
from contracts.errors import UsageError
from offline.models.feature_tables import FeatureTables
from tests.unit.offline.models.feature_worlds import features, order_lines, random_lines, random_sessions, sessions

DAY = date(2025, 5, 1)
# Labels are about what happens later, so they are not among them.
TABLES = ("customer_features", "order_features", "session_features")


def order(order_id: str, customer: str, at: str, product: str = "mug", **values) -> dict:
    return {"order_id": order_id, "customer_id": customer, "product_id": product, "at": at, **values}


def only(frame: pd.DataFrame, **equal_to) -> pd.Series:
    for column, value in equal_to.items():
        frame = frame[frame[column].astype(str) == value]
    (row,) = frame.to_dict("records")
    return row


def test_a_customer_by_hand():
    # GIVEN three orders of Ann: on Wednesday, on Saturday evening with a hat below its usual price, and two weeks later
    lines = order_lines(
        [
            order("o0", "bob", "2025-01-01 10:00", "hat", unit_price=20.0),
            order("o1", "ann", "2025-01-01 10:00"),
            order("o2", "ann", "2025-01-04 19:00", "hat", unit_price=10.0, quantity=3),
            order("o2", "ann", "2025-01-04 19:00"),
            order("o3", "ann", "2025-01-18 10:00", quantity=2),
            order("r3", "ann", "2025-01-20 10:00", quantity=-1, line_type="return"),
        ]
    )
    visits = sessions(
        [
            {"session_id": "v1", "user_id": "ann", "at": "2025-01-18 09:00", "minutes": 30, "carts": 2},
            # its figures are not known before it ends, on the next day
            {"session_id": "v2", "user_id": "ann", "at": "2025-01-28 23:50", "minutes": 20},
        ]
    )
    # WHEN
    with features(lines, visits) as tables:
        ann = only(tables.frame("customer_features", as_of=date(2025, 1, 28)), customer_id="ann")
    # THEN
    counts = {"recency_days": 10, "tenure_days": 27, "days_first_to_last_purchase": 17, "orders": 3, "purchase_days": 3}
    assert {name: ann[name] for name in counts} == counts
    assert float(ann["net_amount"]) == 60.0 - 10.0 + 10.0  # 10 + (30 + 10) + 20, less the return of 10
    assert (ann["mean_gap_days"], ann["stddev_gap_days"]) == (8.5, pytest.approx(np.std([3, 14], ddof=1)))
    assert ann["returned_share"] == pytest.approx(10 / 70)
    # three lines have a usual price: the hat at half of it, and two mugs at exactly it
    assert ann["discounted_share"] == pytest.approx(1 / 3)
    assert ann["price_level"] == pytest.approx(np.log(0.5) / 3)
    assert (ann["evening_share"], ann["weekend_share"]) == (0.5, pytest.approx(2 / 3))
    assert (ann["products"], ann["categories"], ann["brands"]) == (2, 2, 2)
    assert (ann["sessions_90"], ann["session_minutes_90"], ann["carts_90"], ann["days_since_session"]) == (1, 30.0, 2, 10)


def test_who_buys_nothing_in_the_horizon_has_churned():
    # GIVEN gaps of 20 days, so that the horizon is 30 days, and data until 2025-04-30
    steady = [order(f"s{number}", "steady", f"2025-{1 + number // 2:02}-{1 + 20 * (number % 2):02}") for number in range(8)]
    lines = order_lines(
        [
            *steady,
            order("a", "left", "2025-03-30"),
            order("b1", "late", "2025-03-01"),
            order("b2", "late", "2025-04-30"),  # exactly 30 days after 03-31: still within the horizon
            order("c1", "gone", "2025-01-29"),  # 61 days before: not active any more
        ]
    )
    # WHEN
    with features(lines) as tables:
        labels = tables.frame("churn_labels", as_of=date(2025, 4, 30), snapshots=2)
    # THEN only the day whose horizon is over has labels
    assert [str(day)[:10] for day in labels["as_of"].unique()] == ["2025-03-31"]
    assert set(labels["horizon_days"]) == {30}
    assert dict(zip(labels["customer_id"], labels["has_churned"], strict=True)) == {"late": False, "left": True, "steady": False}


def test_an_unusual_order_by_hand():
    # GIVEN mugs that always cost 10, sold in ones
    usual = [order(f"o{number}", f"c{number}", f"2025-01-0{number} 10:00") for number in range(1, 6)]
    last = order("odd", "c5", "2025-01-05 10:30", quantity=99, unit_price=1.0)
    # WHEN
    with features(order_lines([*usual, last])) as tables:
        odd = only(tables.frame("order_features"), order_id="odd")
    # THEN
    assert odd["max_price_below"] == pytest.approx(np.log(10))
    assert odd["max_price_above"] == 0
    assert odd["max_quantity_score"] == pytest.approx((np.log(100) - np.log(2)) / 0.3)
    assert odd["cheap_units_score"] == pytest.approx(np.log(10) * np.log(100))
    assert (odd["orders_before"], odd["orders_last_hour"], odd["hours_since_last_order"]) == (1, 2, 0.5)
    assert odd["log_amount_difference"] == pytest.approx(np.log(100) - np.log(11))


def test_customers_equal_pandas_on_random_orders():
    lines = random_lines()
    with features(lines) as tables:
        actual = tables.frame("customer_features", as_of=DAY).set_index("customer_id")
    known = lines[(lines["order_date"] <= DAY) & lines["customer_id"].notna()]
    sales = known[known["line_type"] == "sale"]
    days = sales.groupby("customer_id")["order_date"].agg(["min", "max", "nunique"])
    assert list(actual.index) == list(days.index)
    assert list(actual["recency_days"]) == [(DAY - day).days for day in days["max"]]
    assert list(actual["tenure_days"]) == [(DAY - day).days for day in days["min"]]
    assert list(actual["purchase_days"]) == list(days["nunique"])
    assert list(actual["orders"]) == list(sales.groupby("customer_id")["order_id"].nunique())
    net = known.groupby("customer_id")["net_amount"].sum()[days.index]
    assert actual["net_amount"].astype(float).to_numpy() == pytest.approx(net.to_numpy())
    recent = sales[[(DAY - day).days < 90 for day in sales["order_date"]]]
    orders_90 = recent.groupby("customer_id")["order_id"].nunique().reindex(days.index, fill_value=0)
    assert list(actual["orders_90"]) == list(orders_90)
    gaps = sales.groupby("customer_id")["order_date"].apply(lambda dates: np.diff(sorted(set(dates))))
    deviations = [np.std([gap.days for gap in own], ddof=1) if len(own) > 1 else np.nan for own in gaps]
    assert actual["stddev_gap_days"].to_numpy() == pytest.approx(np.array(deviations), nan_ok=True)


@pytest.mark.parametrize("name", TABLES)
def test_what_happens_later_changes_no_feature(name):
    # GIVEN a shop up to a day, and the same shop with everything that followed: orders, returns, prices and visits
    lines, visits = random_lines(), random_sessions()
    before = lines[lines["order_date"] <= DAY], visits[visits["ended_at"].dt.date <= DAY]
    # WHEN
    with features(*before) as past, features(lines, visits) as all_of_it:
        expected = past.frame(name, as_of=DAY, snapshots=3)
        actual = all_of_it.frame(name, as_of=DAY, snapshots=3)
    # THEN every row of the past is the same; orders and sessions have later rows besides
    key = list(load(name).key)
    actual = expected[key].merge(actual, on=key, how="left")
    assert len(expected) > 20
    pd.testing.assert_frame_equal(actual, expected)


def test_as_of_a_day_later_rows_do_not_exist():
    lines, visits = random_lines(), random_sessions()
    with features(lines, visits, as_of=DAY) as tables:
        assert tables.last_day <= DAY
        assert tables.frame("session_features")["ended_at"].max().date() <= DAY


def test_a_source_without_sales_is_refused(tmp_path):
    with pytest.raises(UsageError, match="shop: there are no order lines to learn from; run `shoplake run --source shop`"):
        FeatureTables(tmp_path, "shop")
