-- Purpose: the fifty most unusual orders that nobody has reviewed yet, and why they are unusual.
-- Grain:   source, order_id
-- Reads:   unusual_orders
select
    source,
    unusual_rank,
    order_id,
    customer_id,
    ordered_at,
    order_amount,
    units,
    reasons
from unusual_orders
where unusual_rank <= 50
order by source asc, unusual_rank asc
