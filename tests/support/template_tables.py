"""What the samples of the ready-made sources must become: rows and counts, written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LINES = ("order_item_id", "line_type", "item_kind", "product_id", "quantity", "unit_price", "amount", "currency", "ordered_at")
EVENTS = ("event_id", "event_time", "event_type", "product_id", "price", "quantity", "user_id", "session_id", "order_id")


@dataclass(frozen=True)
class Expected:
    """What must come of a template's sample.

    `tables` has by table the columns and their rows; `account` by table how many records were read, processed, in quarantine and
    deduplicated; `filtered` how many each rule filtered.
    """

    tables: Mapping[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]
    account: Mapping[str, tuple[int, int, int, int]]
    filtered: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    timezone: str = "Europe/Berlin"
    currency: str | None = "EUR"
    template: str | None = None


SPRING, LATER = "2025-03-30 22:30:00", "2025-03-30 10:00:00"
GA4_SESSION, GA4_TIME = "9.1.1743375600", "2025-03-30 23:00:0"
AMAZON, SETTLED, BOOKED = "302-1000001-0000001", "2025-04-02 10:00:00", "2025-04-01 23:00:00"
EXPECTED = {
    "amazon_orders": Expected(
        tables={
            "order_items": (
                LINES,
                [
                    (f"{AMAZON}/PAN/1", "sale", "product", "PAN", 2, "20.3800", "40.7600", "EUR", SPRING),
                    (f"{AMAZON}/PAN/1/item_discount", "sale", "discount", "PAN", -1, "4.7600", "-4.7600", "EUR", SPRING),
                    (f"{AMAZON}/PAN/1/shipping", "sale", "shipping", "shipping", 1, "4.7600", "4.7600", "EUR", SPRING),
                    (
                        *(f"{AMAZON}/PAN/1/shipping_discount", "sale", "discount", "shipping_discount"),
                        *(-1, "4.7600", "-4.7600", "EUR", SPRING),
                    ),
                    (f"{AMAZON}/PAN/1/gift_wrap", "sale", "fee", "gift_wrap", 1, "2.0000", "2.0000", "EUR", SPRING),
                    (f"{AMAZON}/CAF/1", "sale", "product", "CAF", 1, "10.0000", "10.0000", "EUR", SPRING),
                    (f"{AMAZON}/CAF/2", "sale", "product", "CAF", 1, "10.0000", "10.0000", "EUR", SPRING),
                    (
                        "701-1000004-0000004/TEA/1",
                        "sale",
                        "product",
                        "TEA",
                        3,
                        "10.0000",
                        "30.0000",
                        "EUR",
                        "2025-03-30 23:30:00",
                    ),
                ],
            ),
            "orders": (
                ("order_id", "amount", "country", "order_date"),
                [(AMAZON, "58.0000", "DE", "2025-03-31"), ("701-1000004-0000004", "30.0000", "US", "2025-03-31")],
            ),
            "products": (
                ("product_id", "product_name"),
                [("CAF", "Café"), ("PAN", 'Pan 12" "Pro"'), ("TEA", "Tea")],
            ),
        },
        account={"raw_orders": (13, 9, 0, 0), "order_items": (9, 8, 1, 0)},
        filtered={"raw_orders": {"cancelled": 1, "not_paid": 1, "other_currency": 1, "other_channel": 1}},
    ),
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
    "ga4_bigquery": Expected(
        currency=None,
        tables={
            "events": (
                EVENTS,
                [
                    (
                        "9.1-1743375600123456-page_view-7-1",
                        f"{GA4_TIME}0.123456",
                        "page",
                        None,
                        None,
                        None,
                        "9.1",
                        GA4_SESSION,
                        None,
                    ),
                    (
                        "9.1-1743375601000000-view_item-8-1",
                        f"{GA4_TIME}1",
                        "view",
                        "MUG-1",
                        "15.5000",
                        1,
                        "9.1",
                        GA4_SESSION,
                        None,
                    ),
                    (
                        "9.1-1743375602000000-purchase-9-1",
                        f"{GA4_TIME}2",
                        "purchase",
                        "MUG-1",
                        "15.5000",
                        2,
                        "ann",
                        GA4_SESSION,
                        "1001",
                    ),
                    (
                        "9.1-1743375602000000-purchase-9-2",
                        f"{GA4_TIME}2",
                        "purchase",
                        "Tea",
                        "20.1000",
                        1,
                        "ann",
                        GA4_SESSION,
                        "1001",
                    ),
                    ("1743375605000000-page_view-12-1", f"{GA4_TIME}5", "page", None, None, None, None, None, None),
                ],
            ),
            "products": (
                ("product_id", "brand", "category", "list_price"),
                [("MUG-1", "Acme", "Kitchen/Mugs", "15.5000"), ("Tea", None, None, "20.1000")],
            ),
            "quarantine": (("line_number", "rules"), [(5, ["product_known"])]),
        },
        account={"raw_events": (9, 8, 0, 0), "events": (8, 5, 1, 2)},
        filtered={"raw_events": {"not_shop": 1}},
    ),
    "magento_orders": Expected(
        tables={
            "order_items": (
                LINES,
                [
                    ("100000001/1", "sale", "product", "MUG-BLUE", 2, "10.0000", "20.0000", "EUR", SPRING),
                    ("100000001/1/discount", "sale", "discount", "MUG-BLUE", -1, "2.0000", "-2.0000", "EUR", SPRING),
                    ("100000001/1/discount/return", "return", "discount", "MUG-BLUE", 1, "1.0000", "1.0000", "EUR", SPRING),
                    ("100000001/1/return", "return", "product", "MUG-BLUE", -1, "10.0000", "-10.0000", "EUR", SPRING),
                    ("100000001/3", "sale", "product", "TEA", 2, "5.0000", "10.0000", "EUR", SPRING),
                    ("100000001/adjustment_fee", "sale", "fee", "adjustment_fee", 1, "0.5000", "0.5000", "EUR", SPRING),
                    ("100000001/shipping", "sale", "shipping", "shipping", 1, "4.0000", "4.0000", "EUR", SPRING),
                ],
            ),
            "orders": (("order_id", "amount", "country", "order_date"), [("100000001", "23.5000", "DE", "2025-03-31")]),
            "products": (
                ("product_id", "product_name", "list_price"),
                [("MUG-BLUE", "Mug", "10.0000"), ("TEA", "Tea", "5.0000")],
            ),
        },
        account={"raw_orders": (15, 7, 0, 0), "order_items": (7, 7, 0, 0)},
        filtered={"raw_orders": {"superseded": 4, "cancelled": 1, "not_paid": 1, "other_currency": 1, "no_lines": 1}},
    ),
    "segment_track": Expected(
        currency=None,
        tables={
            "events": (
                EVENTS,
                [
                    ("m1/1", f"{SPRING}.123000", "view", "MUG-1", "15.5000", None, "an1", None, None),
                    ("m2/1", "2025-03-30 22:30:01.123456", "cart", "11", "9.9000", 1, "an1", None, None),
                    ("m3/1", "2025-03-30 22:30:02", "purchase", "MUG-1", "15.5000", 2, "ann", None, "1001"),
                    ("m3/2", "2025-03-30 22:30:02", "purchase", "TEA", "11.3000", 1, "ann", None, "1001"),
                    ("m8/1", "2025-03-30 22:30:07", "remove_from_cart", "TEA", None, 1, "an1", None, None),
                    ("m5", "2025-03-30 22:30:04", "page", None, None, None, "an1", None, None),
                ],
            ),
            "products": (
                ("product_id", "brand", "category", "list_price"),
                [("11", None, None, "9.9000"), ("MUG-1", "Acme", "Kitchen", "15.5000"), ("TEA", None, None, "11.3000")],
            ),
            "quarantine": (("line_number", "rules"), [(5, ["product_known"])]),
        },
        account={"raw_calls": (11, 9, 0, 0), "events": (9, 6, 1, 2)},
        filtered={"raw_calls": {"not_shop": 2}},
    ),
    "shopify_orders": Expected(
        tables={
            "order_items": (
                LINES,
                [
                    ("#1001/1", "sale", "product", "MUG-1", 2, "15.0000", "30.0000", "EUR", SPRING),
                    ("#1001/2", "sale", "product", "Tea", 1, "20.0000", "20.0000", "EUR", SPRING),
                    ("#1001/2/discount", "sale", "discount", "Tea", -1, "1.0000", "-1.0000", "EUR", SPRING),
                    ("#1001/3", "sale", "product", "Tea", 1, "20.0000", "20.0000", "EUR", SPRING),
                    ("#1001/3/discount", "sale", "discount", "Tea", -1, "20.0000", "-20.0000", "EUR", SPRING),
                    ("#1001/discount", "sale", "discount", "discount", -1, "2.0000", "-2.0000", "EUR", SPRING),
                    ("#1001/included_tax", "sale", "adjustment", "included_tax", -1, "8.2900", "-8.2900", "EUR", SPRING),
                    ("#1001/shipping", "sale", "shipping", "shipping", 1, "4.9000", "4.9000", "EUR", SPRING),
                    ("#1002/1", "sale", "product", "CUP", 3, "10.0000", "30.0000", "EUR", LATER),
                    ("#1002/refund", "return", "adjustment", "refund", -1, "10.0000", "-10.0000", "EUR", LATER),
                ],
            ),
            # 51.90 − 8.29 tax; 35.70 − 5.70 tax − 10.00 refund without tax
            "orders": (
                ("order_id", "amount", "country", "order_date"),
                [("#1001", "43.6100", "DE", "2025-03-31"), ("#1002", "20.0000", "CH", "2025-03-30")],
            ),
            "products": (
                ("product_id", "product_name", "list_price"),
                [("CUP", 'Cup 5"', "10.0000"), ("MUG-1", "Mug, blue ☕", "15.0000"), ("Tea", "Tea", "20.0000")],
            ),
        },
        account={"raw_orders": (17, 17, 0, 0), "order_items": (17, 10, 0, 0)},
        filtered={
            "order_items": {"cancelled": 3, "not_paid": 1, "other_currency": 1, "discount_elsewhere": 1, "test_order": 1},
        },
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
    "woocommerce": Expected(
        tables={
            "order_items": (
                LINES,
                [
                    ("901/11", "sale", "product", "MUG-1", 2, "15.0000", "30.0000", "EUR", SPRING),
                    ("901/11/discount", "sale", "discount", "MUG-1", -1, "3.0000", "-3.0000", "EUR", SPRING),
                    ("901/12", "sale", "product", "77", 3, "3.3333", "9.9999", "EUR", SPRING),
                    ("901/13", "sale", "shipping", "shipping", 1, "4.5000", "4.5000", "EUR", SPRING),
                    ("901/14", "sale", "fee", "fee", 1, "1.0000", "1.0000", "EUR", SPRING),
                    ("901/refund/990", "return", "adjustment", "refund", -1, "10.0000", "-10.0000", "EUR", SPRING),
                ],
            ),
            # 50.58 − 8.08 tax − 10.00 refund without tax, and three times a third of 10.00
            "orders": (("order_id", "amount", "country", "order_date"), [("901", "32.4999", "DE", "2025-03-31")]),
        },
        account={"raw_orders": (15, 6, 0, 0), "order_items": (6, 6, 0, 0)},
        filtered={"raw_orders": {"superseded": 5, "not_paid": 1, "cancelled": 1, "no_lines": 1, "other_currency": 1}},
    ),
}
