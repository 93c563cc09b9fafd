-- Purpose: what is known about one customer.
-- Grain:   one row
-- Reads:   customer_profiles
select
    customer_id,
    country,
    first_order_date,
    last_order_date,
    orders,
    net_amount,
    rfm_segment,
    lifecycle_state,
    expected_value_90,
    probability_alive
from customer_profiles
where source = :source and customer_id = :subject
