-- Purpose: predicted value of each customer, the most valuable first.
-- Grain:   source, customer_id
-- Reads:   customer_value
select
    source,
    customer_id,
    row_number() over (partition by source order by expected_value_365 desc nulls last, customer_id asc) as value_rank,
    value_basis,
    purchases,
    last_order_date,
    historic_revenue,
    probability_alive,
    expected_purchases_90,
    expected_value_90,
    expected_value_365,
    value_method,
    as_of
from customer_value
