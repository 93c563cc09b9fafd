-- Purpose: customers in the orders, with the country of their latest line.
-- Grain:   one row per customer and period
-- Reads:   order_items
select
    customer_id,
    max_by(country, struct(ordered_at, order_item_id)) as country,
    cast(null as timestamp) as registered_at,
    max(ordered_at) as observed_at,
    period
from order_items
where customer_id is not null
group by customer_id, period
