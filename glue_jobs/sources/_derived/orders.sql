-- Purpose: orders, summed from their lines.
-- Grain:   one row per order and period
-- Reads:   order_items
select
    order_id,
    case
        when bool_or(line_type = 'sale') then 'sale'
        when bool_or(line_type = 'return') then 'return'
        when bool_or(line_type = 'adjustment') then 'adjustment'
        else 'write_off'
    end as order_type,
    min(customer_id) as customer_id,
    min(country) as country,
    min(currency) as currency,
    min(session_id) as session_id,
    count(*) as lines,
    sum(quantity) as units,
    cast(sum(amount) as decimal(18, 4)) as amount,
    min(ordered_at) as ordered_at,
    min(order_date) as order_date,
    period
from order_items
group by order_id, period
