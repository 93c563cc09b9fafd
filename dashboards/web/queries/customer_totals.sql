-- Purpose: how many customers order, and how many order again, over all days.
-- Grain:   one row
-- Reads:   customer_totals
select
    customers,
    repeat_customers,
    repeat_rate,
    net_amount,
    top_tenth_net_amount,
    cast(top_tenth_net_amount as double) / nullif(cast(net_amount as double), 0) as top_tenth_share
from customer_totals
where source = :source
