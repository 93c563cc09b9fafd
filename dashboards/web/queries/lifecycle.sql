-- Purpose: customers by where they stand: new, active, lapsed and so on.
-- Grain:   lifecycle_state
-- Reads:   lifecycle_states
select
    lifecycle_state,
    customers,
    customer_share,
    net_amount,
    mean_days_since_order
from lifecycle_states
where source = :source
order by customers desc, lifecycle_state asc
limit 20
