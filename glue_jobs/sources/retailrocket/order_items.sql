-- Purpose: purchases; each transaction event is one unit of its item, at the price of that time.
-- Grain:   one row per transaction event
-- Reads:   events
select
    event_id as order_item_id,
    order_id,
    'sale' as line_type,
    'product' as item_kind,
    product_id,
    cast(null as string) as product_name,
    quantity,
    price as unit_price,
    cast(quantity * price as decimal(18, 4)) as amount,
    -- The data set hides its currency.
    cast(null as string) as currency,
    user_id as customer_id,
    cast(null as string) as country,
    session_id,
    event_time as ordered_at,
    event_date as order_date,
    period
from events
where event_type = 'purchase'
