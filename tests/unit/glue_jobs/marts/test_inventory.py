"""inventory_status and margins: days of cover, reorder points and margins."""

from __future__ import annotations

import pytest

from tests.support.frames import build, rows, table


def test_demand_days_of_cover_and_reorder_point(spark):
    # GIVEN four days: mugs sell 2, 0, 4 and 2; pots sell 1 on the first; pans, cans and tins never; jars began on the third day
    table(
        spark,
        "order_items",
        """
        product_id | quantity | unit_price | line_type | ordered_at
        mug        |  2       | 5.00       | sale      | 2025-03-01T10:00:00Z
        pot        |  1       | 5.00       | sale      | 2025-03-01T10:00:00Z
        mug        |  4       | 5.00       | sale      | 2025-03-03T10:00:00Z
        jar        |  1       | 5.00       | sale      | 2025-03-03T10:00:00Z
        mug        |  2       | 5.00       | sale      | 2025-03-04T10:00:00Z
        mug        | -2       | 5.00       | return    | 2025-03-04T10:00:00Z
    """,
    )
    table(
        spark,
        "products",
        """
        product_id | stock | unit_cost | observed_at
        mug        | 30    | 1.50      | 2025-03-01T00:00:00Z
        pot        | 500   | 2.00      | 2025-03-01T00:00:00Z
        pan        | 5     |           | 2025-03-01T00:00:00Z
        can        | 0     | 1.00      | 2025-03-01T00:00:00Z
        tin        |       | 1.00      | 2025-03-01T00:00:00Z
    """,
    )
    # WHEN
    status = build(spark, "inventory_status")
    # THEN of mugs the variance is (0 + 4 + 4 + 0) / 3 and the slope (-1.5×2 - 0.5×0 + 0.5×4 + 1.5×2) / 5 = 0.4; the lead time
    # needs 14 × 2 + 1.645 × sqrt(14 × 8 / 3) = 38.05; of pots 3.5 + 1.645 × sqrt(14 × 1 / 4) = 6.58; of jars 7 + 1.645 × sqrt 7
    columns = (
        "product_id",
        "stock",
        "stock_value",
        "units_sold",
        "demand_mean",
        "days_of_cover",
        "reorder_point",
        "needs_reorder",
    )
    assert rows(status, *columns) == [
        ("can", 0, "0.00", 0, 0.0, None, 0, False),
        ("jar", None, None, 1, 0.5, None, 12, None),
        ("mug", 30, "45.00", 8, 2.0, 15.0, 39, True),
        ("pan", 5, None, 0, 0.0, None, 0, False),
        ("pot", 500, "1000.00", 1, 0.25, 2000.0, 7, False),
        ("tin", None, None, 0, 0.0, None, 0, False),
    ]
    spread = {name: values for name, *values in rows(status, "product_id", "days_observed", "demand_variance", "demand_trend")}
    assert spread["mug"] == [4, pytest.approx(8 / 3), pytest.approx(0.4)]
    assert spread["pot"] == [4, pytest.approx(0.25), pytest.approx(-0.3)]
    assert spread["jar"] == [2, pytest.approx(0.5), pytest.approx(-1.0)]
    # AND of three products that sold, none sold more than mugs, one sold more than each of the others, which is over a fifth
    assert rows(status, "product_id", "is_high_demand", "is_high_demand_low_stock", "last_sale_date", "age_class") == [
        ("can", False, False, None, "none"),
        ("jar", False, False, "2025-03-03", None),
        ("mug", True, True, "2025-03-04", "fresh"),
        ("pan", False, False, None, None),
        ("pot", False, False, "2025-03-01", "fresh"),
        ("tin", False, False, None, None),
    ]


def test_unsold_stock_ages_and_becomes_dead(spark):
    # GIVEN the last sale of the shop is on 1 July
    table(
        spark,
        "order_items",
        """
        product_id | quantity | unit_price | ordered_at
        mug        | 1        | 5.00       | 2025-07-01T10:00:00Z
        pot        | 1        | 5.00       | 2025-06-01T10:00:00Z
        pan        | 1        | 5.00       | 2025-05-31T10:00:00Z
        can        | 1        | 5.00       | 2025-04-02T10:00:00Z
        tin        | 1        | 5.00       | 2025-04-01T10:00:00Z
    """,
    )
    table(
        spark,
        "products",
        "product_id|stock|observed_at\n" + "\n".join(f"{p}|9|2025-01-01T00:00:00Z" for p in ("mug", "pot", "pan", "can", "tin")),
    )
    assert rows(build(spark, "inventory_status"), "product_id", "units_sold", "days_since_sale", "age_class") == [
        ("can", 0, 90, "aging"),
        ("mug", 1, 0, "fresh"),
        ("pan", 1, 31, "aging"),
        ("pot", 1, 30, "fresh"),
        ("tin", 0, 91, "dead"),
    ]


def test_stock_and_its_age_come_from_lots(spark):
    # GIVEN three lots of mugs: one left before the last day, one is there, one came that day; a fourth comes later
    table(
        spark,
        "inventory",
        """
        inventory_id | product_id | quantity | unit_cost | received_at          | left_at
        1            | mug        | 9        | 1.00      | 2025-03-01T00:00:00Z | 2025-03-02T00:00:00Z
        2            | mug        | 3        | 2.00      | 2025-03-01T00:00:00Z |
        3            | mug        | 1        |           | 2025-03-05T12:00:00Z |
        4            | mug        | 7        | 1.00      | 2025-03-06T00:00:00Z |
        5            | pot        | 2        | 1.00      | 2025-03-01T00:00:00Z | 2025-03-05T00:00:00Z
    """,
    )
    table(
        spark,
        "order_items",
        """
        product_id | quantity | unit_price | ordered_at
        mug        | 1        | 5.00       | 2025-03-05T10:00:00Z
        pot        | 1        | 5.00       | 2025-03-05T10:00:00Z
    """,
    )
    table(spark, "products", "product_id|stock|observed_at\nmug|99|2025-01-01T00:00:00Z\npot|99|2025-01-01T00:00:00Z")
    assert rows(build(spark, "inventory_status"), "product_id", "stock", "stock_value", "mean_stock_age_days") == [
        ("mug", 4, "6.00", 3.0),
        ("pot", 0, "0.00", None),
    ]


def test_margins_add_up_on_every_level_and_show_sales_without_cost(spark):
    # GIVEN mugs cost 2, pots 3, pans have no known cost; a mug comes back
    table(
        spark,
        "order_items",
        """
        product_id | line_type | item_kind | quantity | unit_price | ordered_at
        mug        | sale      | product   |  3       | 5.00       | 2025-03-01T10:00:00Z
        mug        | return    | product   | -1       | 5.00       | 2025-03-02T10:00:00Z
        pot        | sale      | product   |  1       | 9.00       | 2025-03-01T10:00:00Z
        pan        | sale      | product   |  1       | 7.00       | 2025-03-01T10:00:00Z
        POST       | sale      | shipping  |  1       | 4.00       | 2025-03-01T10:00:00Z
    """,
    )
    table(
        spark,
        "products",
        """
        product_id | unit_cost | category | brand | observed_at
        mug        | 2.00      | drink    | acme  | 2025-03-01T00:00:00Z
        pot        | 3.00      | drink    |       | 2025-03-01T00:00:00Z
        pan        |           | cook     | acme  | 2025-03-01T00:00:00Z
    """,
    )
    margins = build(spark, "margins")
    columns = ("level", "name", "units", "net_amount", "costed_net_amount", "cost_amount", "margin_amount", "margin_rate")
    assert rows(margins, *columns) == [
        ("brand", "(none)", 1, "9.00", "9.00", "3.00", "6.00", pytest.approx(2 / 3)),
        ("brand", "acme", 3, "17.00", "10.00", "4.00", "6.00", pytest.approx(0.6)),
        ("category", "cook", 1, "7.00", "0.00", None, None, None),
        ("category", "drink", 3, "19.00", "19.00", "7.00", "12.00", pytest.approx(12 / 19)),
        ("product", "mug", 2, "10.00", "10.00", "4.00", "6.00", pytest.approx(0.6)),
        ("product", "pan", 1, "7.00", "0.00", None, None, None),
        ("product", "pot", 1, "9.00", "9.00", "3.00", "6.00", pytest.approx(2 / 3)),
        ("top_category", "cook", 1, "7.00", "0.00", None, None, None),
        ("top_category", "drink", 3, "19.00", "19.00", "7.00", "12.00", pytest.approx(12 / 19)),
    ]


def test_slow_movers_are_ordered_by_the_chance_of_selling_out(spark):
    # GIVEN 90 days. A lamp sold once: of Poisson(14/90), 0 has a chance of 86 % and up to 1 item 99 %. A sofa sold 9 times one
    # item: of Poisson(1.4), up to 2 items 83 %, 3 94.6 %, 4 98.6 %. A chair sold one lot of 9: negative binomial with mean
    # 1.4 and variance 12.6 (size 0.175, p 0.1111): scipy.stats.nbinom.cdf gives 0.9470 for 7 items and 0.9559 for 8
    header = "order_id|product_id|item_kind|quantity|unit_price|ordered_at"
    days = [f"o{day}|sofa|product|1|5.00|2025-01-{day:02}T10:00:00Z" for day in range(1, 10)]
    others = ["l|lamp|product|1|5.00|2025-02-01T10:00:00Z", "c|chair|product|9|5.00|2025-02-01T10:00:00Z"]
    last = ["p|POST|shipping|1|5.00|2025-03-31T10:00:00Z", "z|pen|product|1|5.00|2025-03-31T10:00:00Z"]
    table(spark, "order_items", "\n".join([header, *days, *others, *last]))
    stock = ["lamp|0", "sofa|3", "chair|8", "pen|1", "POST|0"]
    listed = [f"{line}|2025-01-01T00:00:00Z" for line in stock]
    table(spark, "products", "\n".join(["product_id|stock|observed_at", *listed]))
    views = [f"{product}|view|2025-01-01T10:00:00Z" for product in ("lamp", "chair", "pen")]
    table(spark, "events", "\n".join(["product_id|event_type|event_time", *views]))
    # WHEN
    status = build(spark, "inventory_status")
    # THEN postage is not in stock; one item in stock is enough of what sells once in 90 days; high demand begins at 5 items
    columns = ("product_id", "days_observed", "units_sold", "reorder_point", "needs_reorder", "is_high_demand")
    assert rows(status, *columns) == [
        ("chair", 90, 9, 8, False, True),
        ("lamp", 90, 1, 1, True, False),
        ("pen", 90, 1, 1, False, False),
        ("sofa", 90, 9, 4, True, True),
    ]


def test_stock_that_does_not_last_the_lead_time_is_an_alert(spark):
    # GIVEN 30 items a day for ten days, without any variance: the reorder point is 420, and 419 items last 13.97 days
    lines = [f"mug|30|5.00|2025-03-{day:02}T10:00:00Z" for day in range(1, 11)]
    table(spark, "order_items", "\n".join(["product_id|quantity|unit_price|ordered_at", *lines]))
    table(spark, "products", "product_id|stock|observed_at\nmug|419|2025-03-01T00:00:00Z")
    status = build(spark, "inventory_status")
    assert rows(status, "reorder_point", "needs_reorder", "is_high_demand_low_stock") == [(420, True, True)]
