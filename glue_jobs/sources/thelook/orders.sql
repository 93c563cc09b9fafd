-- Purpose: orders, dated by their headers, with totals over their lines.
-- Grain:   one row per order that was not cancelled
-- Reads:   raw_orders, order_items
with totals as (
    select
        order_id as lines_order_id,
        min(country) as country,
        count(*) as lines,
        sum(quantity) as units,
        cast(sum(amount) as decimal(18, 4)) as amount
    from order_items
    group by order_id
)

select
    _record,
    order_id,
    'sale' as order_type,
    user_id as customer_id,
    country,
    'USD' as currency,
    cast(null as string) as session_id,
    lines,
    units,
    amount,
    created_at as ordered_at,
    cast(created_at_local as date) as order_date
from raw_orders left join totals on order_id = lines_order_id
