"""Orders of shops and marketplaces."""

from __future__ import annotations

from tests.support.template_tables.expected import LINES, SPRING, Expected

LATER = "2025-03-30 10:00:00"
AMAZON = "302-1000001-0000001"
ORDERS = {
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
