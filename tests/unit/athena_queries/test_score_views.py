"""Views and reports of model scores: results worked out by hand from a few rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from athena_queries.named_queries import report_sql

if TYPE_CHECKING:
    from tests.unit.athena_queries.conftest import Query

    Put = Callable[..., None]

MONDAY, TUESDAY, WEDNESDAY = date(2025, 1, 6), date(2025, 1, 7), date(2025, 1, 8)


def churn(customer: str, rank: int, *, day: date = TUESDAY, **columns: Any) -> dict[str, Any]:
    row = {"customer_id": customer, "as_of": day, "rank": rank, "churn_probability": 1 - rank / 10, "decile": rank}
    return row | {"reasons": ["a raises the risk", "b lowers the risk"], "horizon_days": 30, "model_version": 2} | columns


def test_the_risk_is_that_of_the_newest_day_with_the_facts_of_known_customers(put: Put, query: Query) -> None:
    # GIVEN scores of two days, and of another shop that was last scored on Monday
    put("churn_scores", [churn("ann", 2), churn("bob", 1), churn("ann", 1, day=MONDAY), churn("eve", 2, day=MONDAY)])
    put("churn_scores", [churn("zoe", 1, day=MONDAY)], source="other")
    put("dim_customer", [{"customer_id": "bob", "orders": 3, "net_amount": 40, "last_order_date": MONDAY}])
    put("rfm", [{"customer_id": "bob", "segment": "At Risk"}])
    # THEN
    columns = "source, risk_rank, customer_id, churn_probability, reasons, rfm_segment, orders, net_amount, as_of"
    both = "a raises the risk; b lowers the risk"
    assert query(f"select {columns} from churn_risk order by 1, 2") == [
        ("other", 1, "zoe", 0.9, both, None, None, None, MONDAY),
        ("tiny", 1, "bob", 0.9, both, "At Risk", 3, Decimal(40), TUESDAY),
        ("tiny", 2, "ann", 0.8, both, None, None, None, TUESDAY),
    ]


def test_valuable_customers_likely_to_leave_come_first(put: Put, query: Query) -> None:
    # GIVEN four customers from most to least likely to leave: the last one spent the most, and nothing is known of the third
    put("churn_scores", [churn(name, rank) for rank, name in enumerate(("a", "b", "c", "d"), 1)])
    spent = {"a": 10, "b": 30, "d": 999}
    put("dim_customer", [{"customer_id": name, "orders": 1, "net_amount": value} for name, value in spent.items()])

    rows = query(report_sql("valuable_customers_likely_to_leave"))

    assert [row[1:3] for row in rows] == [(1, "b"), (2, "a"), (3, "c")]


def visitor(entity: str, name: str, rank: int, *, day: date = TUESDAY, alert: bool = True) -> dict[str, Any]:
    row = {"entity": entity, "entity_id": name, "as_of": day, "rank": rank, "is_alert": alert, "anomaly_score": 9.0 - rank}
    return row | {"reasons": ["many events", "at night"], "model_version": 1}


def test_unusual_visitors_are_ranked_by_entity_and_each_entity_has_its_own_newest_day(put: Put, query: Query) -> None:
    # GIVEN sessions scored on Monday and Tuesday, customers on Monday only, and an order of Wednesday
    rows = [visitor("session", "s1", 1, alert=False), visitor("session", "s2", 2), visitor("session", "s0", 1, day=MONDAY)]
    rows += [visitor("customer", "ann", 1, day=MONDAY), visitor("order", "o1", 1, day=WEDNESDAY)]
    put("anomaly_scores", rows)

    columns = "entity, unusual_rank, entity_id, reasons, as_of"
    assert query(f"select {columns} from unusual_visitors order by 1, 2") == [
        ("customer", 1, "ann", "many events; at night", MONDAY),
        ("session", 1, "s2", "many events; at night", TUESDAY),
    ]


def test_unusual_orders_are_the_alerts_of_the_newest_day(put: Put, query: Query) -> None:
    # GIVEN three orders of Tuesday, of which the first was reviewed, and the scores of Monday
    def order(name: str, rank: int, *, day: date = TUESDAY, alert: bool = True) -> dict[str, Any]:
        row = {
            "entity": "order",
            "entity_id": name,
            "as_of": day,
            "rank": rank,
            "is_alert": alert,
            "anomaly_score": 9.0 - rank,
            "amount": 12,
        }
        return row | {"reasons": ["many items"] if rank == 2 else [], "units": 3, "model_version": 1}

    rows = [order("o1", 1, alert=False), order("o2", 2), order("o3", 3), order("o9", 1, day=MONDAY)]
    put("anomaly_scores", [*rows, visitor("session", "s1", 1, day=WEDNESDAY)])

    columns = "unusual_rank, order_id, order_amount, units, reasons, anomaly_score, as_of"
    assert query(f"select {columns} from unusual_orders order by 1") == [
        (1, "o2", Decimal(12), 3, "many items", 7.0, TUESDAY),
        (2, "o3", Decimal(12), 3, "", 6.0, TUESDAY),
    ]
