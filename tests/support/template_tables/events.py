"""Events of trackers."""

from __future__ import annotations

from tests.support.template_tables.expected import EVENTS, SPRING, Expected

GA4_SESSION, GA4_TIME = "9.1.1743375600", "2025-03-30 23:00:0"
OF_TRACKERS = {
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
}
