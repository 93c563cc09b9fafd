-- Purpose: lapsing and lapsed customers, the most valuable first.
-- Grain:   source, customer_id
-- Reads:   customer_profiles
select
    source,
    customer_id,
    country,
    lifecycle_state,
    days_since_order,
    orders,
    net_amount,
    expected_value_90
from customer_profiles
where lifecycle_state in ('lapsing', 'lapsed')
order by source asc, net_amount desc, customer_id asc
