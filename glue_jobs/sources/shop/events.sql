-- Purpose: visitor events of the shop as canonical events.
-- Grain:   one row per event
-- Reads:   raw_events
select
    _record,
    event_id,
    event_time,
    cast(event_time_local as date) as event_date,
    event_type,
    product_id,
    cast(null as string) as category_id,
    cast(null as string) as category,
    cast(null as string) as brand,
    price,
    quantity,
    user_id,
    session_id,
    cast(null as string) as order_id
from raw_events
