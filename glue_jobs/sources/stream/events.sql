-- Purpose: events of the API as canonical events.
-- Grain:   one row per event, and per product where an event lists items
-- Reads:   raw_events
select
    _record,
    if(size(items) > 0, concat(event_id, '/', line_number), event_id) as event_id,
    event_time,
    cast(event_time_local as date) as event_date,
    event_type,
    line.product_id,
    category_id,
    category,
    brand,
    line.price,
    line.quantity,
    user_id,
    session_id,
    order_id
from raw_events
