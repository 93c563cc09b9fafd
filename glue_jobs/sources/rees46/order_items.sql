-- Purpose: purchases; each purchase event is one unit sold.
-- Grain:   one row per purchase event
-- Reads:   events
select
    event_id as order_item_id,
    -- The log has no orders: the purchases of one session on one day are one order.
    concat(coalesce(session_id, event_id), '/', event_date) as order_id,
    'sale' as line_type,
    'product' as item_kind,
    product_id,
    cast(null as string) as product_name,
    quantity,
    price as unit_price,
    cast(quantity * price as decimal(18, 4)) as amount,
    'USD' as currency,
    user_id as customer_id,
    cast(null as string) as country,
    session_id,
    event_time as ordered_at,
    event_date as order_date,
    period
from events
where event_type = 'purchase'
