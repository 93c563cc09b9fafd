"""Views about customers and sessions: results worked out by hand from a few rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from athena_queries.views import load_views

if TYPE_CHECKING:
    from tests.unit.athena_queries.conftest import Query

    Put = Callable[..., None]

MONDAY, TUESDAY, NEXT_MONDAY, FEBRUARY = (date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 13), date(2025, 2, 3))


def test_customers_are_ranked_and_the_top_tenth_is_marked(put: Put, query: Query) -> None:
    # GIVEN twenty customers who ordered, of whom c00 and c01 bring 100 each, and one who never did
    customers = [{"customer_id": f"c{n:02}", "orders": 2 if n < 5 else 1, "net_amount": 100 if n < 2 else 10} for n in range(20)]
    put("dim_customer", [*customers, {"customer_id": "idle", "orders": 0, "net_amount": 0}])
    put("sales_daily", [{"date": MONDAY, "net_amount": 450}, {"date": TUESDAY, "net_amount": 50}])
    # THEN the tenth of twenty is two
    assert query("select customer_id, revenue_rank from customer_ranking where is_top_tenth order by 2") == [
        ("c00", 1),
        ("c01", 2),
    ]
    totals = query(
        "select customers, repeat_customers, repeat_rate, net_amount, repeat_net_amount, top_tenth_net_amount "
        "from customer_totals"
    )
    assert totals == [(20, 5, 0.25, Decimal(380), Decimal(230), Decimal(200))]
    # AND of the 500 that the shop took, 120 came from unknown customers
    shares = "shop_net_amount, share_of_shop_net, repeat_share_of_shop_net, top_tenth_share_of_shop_net"
    assert query(f"select {shares} from customer_totals") == [(Decimal(500), 0.76, 0.46, 0.4)]


def test_ten_orders_and_more_count_together(put: Put, query: Query) -> None:
    orders = {"a": 1, "b": 9, "c": 10, "d": 25, "e": 0}
    put("dim_customer", [{"customer_id": name, "orders": n, "net_amount": n} for name, n in orders.items()])

    rows = query("select orders, customers, net_amount from order_frequency order by 1")
    assert rows == [(1, 1, Decimal(1)), (9, 1, Decimal(9)), (10, 2, Decimal(35))]


def test_rfm_cells_round_half_up_and_segments_sum_to_one(put: Put, query: Query) -> None:
    scores = [("a", 5, 5, 4, "Champions", 140), ("b", 5, 5, 5, "Champions", 40), ("c", 1, 1, 2, "Lost", 20)]
    columns = ("customer_id", "recency_score", "frequency_score", "monetary_score", "segment", "monetary_amount")
    put("rfm", [dict(zip(columns, row, strict=True)) for row in scores])

    # The mean of 5 and 4 is 4.5, of 1 and 2 it is 1.5.
    cells = query("select recency_score, value_score, segment, customers, net_amount from rfm_grid order by 1")
    assert cells == [(1, 2, "Lost", 1, Decimal(20)), (5, 5, "Champions", 2, Decimal(180))]
    # AND of the 250 that the shop took, 50 came from unknown customers
    put("sales_daily", [{"date": MONDAY, "net_amount": 250}])
    columns = "segment, customers, customer_share, net_amount_share, share_of_shop_net"
    assert query(f"select {columns} from rfm_segments order by 1") == [
        ("Champions", 2, 2 / 3, 0.9, 0.72),
        ("Lost", 1, 1 / 3, 0.1, 0.08),
    ]


def test_deciles_leave_out_customers_without_a_prediction(put: Put, query: Query) -> None:
    predicted = [
        {"customer_id": f"c{n:02}", "expected_value_90": n, "expected_purchases_90": 1.0, "probability_alive": 0.5}
        | {"value_method": "own_rate", "as_of": MONDAY}
        for n in range(1, 21)
    ]
    put("customer_value", [*predicted, {"customer_id": "new"}])
    bias = {"job": "value", "split": "test", "metric": "bias_value_90"}
    put("model_metrics", [bias | {"score": -0.25, "is_published": True}, bias | {"score": 0.5, "is_published": False}])

    rows = query("select decile, customers, predicted_value_90, mean_purchases_90 from value_deciles order by 1")
    assert rows[0] == (1, 2, Decimal(39), 1.0)
    assert rows[9] == (10, 2, Decimal(3), 1.0)
    assert query("select distinct as_of, horizon_days, method, bias from value_deciles") == [(MONDAY, 90, "own_rate", -0.25)]


def test_the_segment_overview_has_what_is_known_of_each_segment(put: Put, query: Query) -> None:
    segment = {"segment_name": "rare", "customers": 4, "sessions": 8, "sessions_per_customer": 2.0, "minutes_per_session": 1.5}
    quality = {"finding": "one_cloud", "squared_silhouette": 0.4, "one_cloud_silhouette": 0.5, "stability": 0.7}
    put("segment_profile", [segment | quality | {"segment": 1}])

    columns = "segment, sessions_per_customer, minutes_per_session, finding, squared_silhouette, one_cloud_silhouette, stability"
    assert query(f"select {columns} from segment_overview") == [(1, 2.0, 1.5, "one_cloud", 0.4, 0.5, 0.7)]


def test_model_quality_is_that_of_the_test_split(put: Put, query: Query) -> None:
    columns = ("job", "model", "split", "metric", "score", "baseline", "baseline_score", "is_published")
    rows = [
        ("recommend", "als", "test", "ndcg_10", 0.25, "popularity", 0.2, True),
        ("recommend", "als", "test", "hit_rate_10", 0.5, "popularity", 0.4, True),
        ("recommend", "als", "test", "improvement_ndcg_10", 0.05, "popularity", 0.0, True),
        ("recommend", "als", "validation", "ndcg_10", 0.9, "popularity", 0.1, True),
    ]
    put("model_metrics", [dict(zip(columns, row, strict=True)) | {"parameters": '{"half_life_days": 10.0}'} for row in rows])

    shown = "model, ndcg_10, hit_rate_10, baseline, baseline_ndcg_10, coverage, is_published, improvement, half_life_days"
    assert query(f"select {shown} from recommender_quality") == [("als", 0.25, 0.5, "popularity", 0.2, None, True, 0.05, 10.0)]
    assert query("select model from value_model_quality") == []


def test_the_quality_of_forecasts_has_a_row_per_target_horizon_and_method(put: Put, query: Query) -> None:
    columns = ("model", "metric", "score", "ci_low", "ci_high", "baseline", "sample_size", "is_published")
    rows = [
        ("models", "rmse_purchases_90", 1.5, None, None, "own_rate", 40, False),
        ("models", "poisson_deviance_purchases_90", 1.2, None, None, "own_rate", 40, False),
        ("models", "improvement_purchases_90", 0.1, -0.1, 0.3, "own_rate", 40, False),
        ("own_rate", "rmse_purchases_90", 1.6, None, None, None, 40, True),
        ("own_rate", "bias_value_180", -0.2, -0.3, -0.1, None, 30, True),
        ("own_rate", "forecast_value_180_tenth_10", 4.0, None, None, None, 3, True),
        ("own_rate", "actual_value_180_tenth_10", 5.0, 4.5, 5.5, None, 3, True),
    ]
    metrics = [dict(zip(columns, row, strict=True)) | {"job": "value", "split": "test"} for row in rows]
    put("model_metrics", [*metrics, {"job": "value", "split": "validation", "metric": "rmse_value_90", "score": 9.0}])

    key = "target, horizon_days, model"
    shown = "rmse, poisson_deviance, bias, bias_ci_low, improvement, improvement_ci_low, baseline, sample_size, is_published"
    assert query(f"select {key}, {shown} from value_model_quality order by {key}") == [
        ("purchases", 90, "models", 1.5, 1.2, None, None, 0.1, -0.1, "own_rate", 40, False),
        ("purchases", 90, "own_rate", 1.6, None, None, None, None, None, None, 40, True),
        ("value", 180, "own_rate", None, None, -0.2, -0.3, None, None, None, 30, True),
    ]
    calibration = "target, horizon_days, tenth, model, mean_forecast, mean_actual, mean_actual_ci_low, sample_size"
    assert query(f"select {calibration} from value_calibration") == [("value", 180, 10, "own_rate", 4.0, 5.0, 4.5, 3)]


def test_sessions_by_length_and_in_total(put: Put, query: Query) -> None:
    at = datetime(2025, 1, 6)
    sessions = [
        (1, "u", False, 0),
        (4, "u", True, 1),
        (6, "v", False, 0),
        (7, None, True, 0),
        (19, None, False, 0),
        (20, None, True, 2),
    ]
    put(
        "fct_sessions",
        [
            {"session_id": f"s{events}", "user_id": user, "started_at": at, "events": events, "duration_seconds": 10 * events}
            | {"has_purchase": bought, "carts": carts, "seconds_view_to_purchase": 60 if bought else None}
            for events, user, bought, carts in sessions
        ],
    )

    rows = query(
        "select length_order, events_per_session, sessions, purchase_rate, mean_duration_seconds from session_lengths order by 1"
    )
    assert rows == [
        (1, "1", 1, 0.0, 10.0),
        (4, "4", 1, 1.0, 40.0),
        (5, "5-6", 1, 0.0, 60.0),
        (6, "7-9", 1, 1.0, 70.0),
        (7, "10-19", 1, 0.0, 190.0),
        (8, "20+", 1, 1.0, 200.0),
    ]
    totals = (
        "sessions, sessions_of_known_users, users, events, mean_events, single_event_sessions, cart_sessions, "
        "purchase_sessions, purchase_rate"
    )
    assert query(f"select {totals} from session_totals") == [(6, 3, 2, 57, 9.5, 1, 2, 3, 0.5)]


def test_the_funnel_sums_days_before_it_divides(put: Put, query: Query) -> None:
    columns = ("date", "sessions", "reached_view", "reached_cart", "reached_purchase")
    put("funnel_daily", [dict(zip(columns, row, strict=True)) for row in ((MONDAY, 30, 20, 8, 2), (TUESDAY, 10, 5, 2, 2))])
    put("funnel_daily", [dict(zip(columns, (MONDAY, 4, 0, 0, 0), strict=True))], source="blind")

    rates = "view_to_cart_rate, cart_to_purchase_rate, completion_rate"
    rows = query(f"select source, sessions, reached_purchase, {rates} from funnel order by source")
    assert rows == [("blind", 4, 0, None, None, 0.0), ("tiny", 40, 4, 0.4, 0.4, 0.1)]


def test_sessions_of_a_day_have_the_steps_of_its_funnel(put: Put, query: Query) -> None:
    columns = ("date", "sessions", "users", "converted_sessions", "conversion_rate")
    put("session_daily", [dict(zip(columns, row, strict=True)) for row in ((MONDAY, 10, 4, 3, 0.3), (TUESDAY, 2, 2, 0, 0.0))])
    put("funnel_daily", [{"date": MONDAY, "sessions": 10, "reached_view": 8, "reached_cart": 2, "reached_purchase": 1}])

    days = query(
        "select session_date, sessions, users, purchase_sessions, purchase_rate, reached_view, reached_purchase "
        "from daily_sessions order by 1"
    )
    assert days == [(MONDAY, 10, 4, 3, 0.3, 8, 1), (TUESDAY, 2, 2, 0, 0.0, None, None)]


@pytest.mark.parametrize("view", ["session_totals", "session_lengths", "daily_sessions"])
def test_one_name_has_one_meaning(view: str) -> None:
    """Sessions that bought are those with a purchase; those that took every step of the funnel have another name."""
    columns = {column.name: column.description for column in load_views()[view].columns}

    assert "with a purchase" in columns["purchase_rate"]
    assert "purchase_rate" not in {column.name for column in load_views()["funnel"].columns}


def test_lifecycle_states_and_customer_values_are_counted_and_ranked(put: Callable[..., None], query: Query) -> None:
    put(
        "dim_customer",
        [{"customer_id": c, "orders": 1, "net_amount": n} for c, n in (("a", "10.00"), ("b", "5.00"), ("c", "1.00"))],
    )
    put(
        "customer_lifecycle",
        [
            {"customer_id": "a", "state": "active", "days_since_order": 1, "as_of": "2026-01-31"},
            {"customer_id": "b", "state": "active", "days_since_order": 3, "as_of": "2026-01-31"},
            {"customer_id": "c", "state": "lapsed", "days_since_order": 90, "as_of": "2026-01-31"},
            {"customer_id": "d", "state": "lapsed", "days_since_order": 91, "as_of": "2026-01-31"},
        ],
    )
    put("customer_value", [{"customer_id": c, "expected_value_365": v} for c, v in (("a", "1.00"), ("b", "7.00"), ("c", None))])

    states = query(
        "select lifecycle_state, customers, customer_share, net_amount, mean_days_since_order from lifecycle_states order by 1"
    )
    assert states == [("active", 2, 0.5, Decimal("15.0000"), 2.0), ("lapsed", 2, 0.5, Decimal("1.0000"), 90.5)]
    assert query("select customer_id, value_rank from customer_value_ranking order by 2") == [("b", 1), ("a", 2), ("c", 3)]
