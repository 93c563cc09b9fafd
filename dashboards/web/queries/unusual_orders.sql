-- Purpose: the most unusual orders that nobody has reviewed yet, and why they are unusual.
-- Grain:   order_id
-- Reads:   unusual_orders
select
    unusual_rank,
    order_id,
    customer_id,
    ordered_at,
    order_amount,
    units,
    reasons
from unusual_orders
where source = :source
order by unusual_rank asc
limit 25
