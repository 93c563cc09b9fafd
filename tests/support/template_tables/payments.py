"""Payments and settlements."""

from __future__ import annotations

from tests.support.template_tables.expected import LINES, SPRING, Expected
from tests.support.template_tables.orders import AMAZON

SETTLED, BOOKED = "2025-04-02 10:00:00", "2025-04-01 23:00:00"
PAYMENTS = {
    # 119 + 5 − 5 − 13.50 − 5 + 0.50 − 59.50 − 39 − 1.50 = 1.00, as the first row states
    "amazon_settlement": Expected(
        tables={
            "order_items": (
                LINES,
                [
                    ("111/2", "sale", "product", 'PAN 12"', 2, "59.5000", "119.0000", "EUR", SPRING),
                    ("111/3", "sale", "shipping", "Shipping", 1, "5.0000", "5.0000", "EUR", SPRING),
                    ("111/4", "sale", "discount", 'PAN 12"', -1, "5.0000", "-5.0000", "EUR", SPRING),
                    ("111/5", "adjustment", "fee", "Commission", 1, "-13.5000", "-13.5000", "EUR", SPRING),
                    ("111/6", "return", "adjustment", 'PAN 12"', -1, "5.0000", "-5.0000", "EUR", SETTLED),
                    ("111/7", "adjustment", "fee", "RefundCommission", 1, "0.5000", "0.5000", "EUR", SETTLED),
                    ("111/8", "return", "product", 'PAN 12"', -1, "59.5000", "-59.5000", "EUR", SETTLED),
                    ("111/9", "adjustment", "adjustment", "Subscription Fee", 1, "-39.0000", "-39.0000", "EUR", SETTLED),
                    ("111/10", "adjustment", "adjustment", "TransactionTotalAmount", 1, "-1.5000", "-1.5000", "EUR", SETTLED),
                ],
            ),
            "orders": (
                ("order_id", "order_type", "amount", "order_date"),
                [
                    (AMAZON, "sale", "105.5000", "2025-03-31"),
                    (AMAZON, "return", "-64.0000", "2025-04-02"),
                    ("settlement 111", "adjustment", "-40.5000", "2025-04-02"),
                ],
            ),
        },
        account={"raw_settlement": (12, 12, 0, 0), "order_items": (12, 9, 0, 0)},
        filtered={"order_items": {"summary": 2, "other_currency": 1}},
    ),
    # 50.10 − 11.90 − 35.00 − 0.25 is the net of all but the payout
    "stripe_balance": Expected(
        tables={
            "order_items": (
                LINES,
                [
                    ("txn_1", "sale", "manual", "charge", 1, "51.9000", "51.9000", "EUR", SPRING),
                    ("txn_1/fee", "adjustment", "fee", "fee", 1, "-1.8000", "-1.8000", "EUR", SPRING),
                    ("txn_2", "return", "adjustment", "refund", -1, "11.9000", "-11.9000", "EUR", BOOKED),
                    ("txn_3", "adjustment", "adjustment", "dispute", 1, "-20.0000", "-20.0000", "EUR", BOOKED),
                    ("txn_3/fee", "adjustment", "fee", "fee", 1, "-15.0000", "-15.0000", "EUR", BOOKED),
                    ("txn_5", "adjustment", "fee", "fee", 1, "-0.2500", "-0.2500", "EUR", BOOKED),
                ],
            ),
            "orders": (
                ("order_id", "order_type", "amount", "order_date"),
                [
                    ("ch_1", "sale", "50.1000", "2025-03-31"),
                    ("re_1", "return", "-11.9000", "2025-04-02"),
                    ("dp_1", "adjustment", "-35.0000", "2025-04-02"),
                    ("txn_5", "adjustment", "-0.2500", "2025-04-02"),
                ],
            ),
        },
        account={"raw_balance": (8, 6, 0, 0), "order_items": (6, 6, 0, 0)},
        filtered={"raw_balance": {"transfer": 1, "other_currency": 1}},
    ),
    "stripe_charges": Expected(
        timezone="Asia/Tokyo",
        currency="JPY",
        tables={
            "order_items": (
                LINES,
                [
                    ("ch_1", "sale", "manual", "payment", 1, "5190.0000", "5190.0000", "JPY", SPRING),
                    ("ch_1/re_1", "return", "adjustment", "refund", -1, "1000.0000", "-1000.0000", "JPY", "2025-04-01 23:00:00"),
                    ("ch_1/re_2", "return", "adjustment", "refund", -1, "190.0000", "-190.0000", "JPY", "2025-04-01 23:00:01"),
                    ("ch_2", "sale", "manual", "payment", 1, "2500.0000", "2500.0000", "JPY", SPRING),
                    ("ch_2/refunds", "return", "adjustment", "refund", -1, "500.0000", "-500.0000", "JPY", SPRING),
                ],
            ),
            # An order with lines in two periods has a row in each.
            "orders": (
                ("order_id", "order_type", "amount", "country", "order_date"),
                [
                    ("1001", "sale", "5190.0000", "JP", "2025-03-31"),
                    ("1001", "return", "-1190.0000", "JP", "2025-04-02"),
                    ("ch_2", "sale", "2000.0000", None, "2025-03-31"),
                ],
            ),
        },
        account={"raw_charges": (10, 5, 0, 0), "order_items": (5, 5, 0, 0)},
        filtered={"raw_charges": {"not_paid": 1, "not_captured": 1, "test_payment": 1, "other_currency": 2}},
    ),
    "stripe_dinars": Expected(
        template="stripe_charges",
        timezone="Asia/Tokyo",
        currency="KWD",
        tables={"order_items": (LINES, [("ch_7", "sale", "manual", "payment", 1, "1.0990", "1.0990", "KWD", SPRING)])},
        account={"raw_charges": (10, 1, 0, 0), "order_items": (1, 1, 0, 0)},
        filtered={"raw_charges": {"not_paid": 1, "not_captured": 1, "test_payment": 1, "other_currency": 6}},
    ),
    "stripe_euros": Expected(
        template="stripe_charges",
        tables={
            "order_items": (LINES, [("ch_6", "sale", "manual", "payment", 1, "10.9900", "10.9900", "EUR", SPRING)]),
            "orders": (("order_id", "order_date"), [("ch_6", "2025-03-31")]),
        },
        account={"raw_charges": (10, 1, 0, 0), "order_items": (1, 1, 0, 0)},
        filtered={"raw_charges": {"not_paid": 1, "not_captured": 1, "test_payment": 1, "other_currency": 6}},
    ),
}
