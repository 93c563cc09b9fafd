-- Purpose: what was bought on each day, for trends over time.
-- Grain:   source, order_date
-- Reads:   sales_daily
select
    source,
    date as order_date,
    orders,
    paid_orders,
    units,
    gross_amount,
    returned_amount,
    discount_amount,
    net_amount,
    average_order_value,
    buyers,
    new_buyers
from sales_daily
