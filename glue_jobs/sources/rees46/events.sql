-- Purpose: the store log as canonical events.
-- Grain:   one row per line of the log
-- Reads:   raw_events
select
    _record,
    -- The log has no event ID. The time and a hash of the record identify an event; identical lines are one event.
    lower(concat(
        hex(unix_timestamp(event_time)), '-',
        lpad(hex(xxhash64(
            event_type, product_id, category_id, category_code, brand, price, user_id, user_session
        )), 16, '0')
    )) as event_id,
    event_time,
    cast(event_time_local as date) as event_date,
    event_type,
    product_id,
    category_id,
    category_code as category,
    brand,
    price,
    1 as quantity,
    user_id,
    user_session as session_id,
    cast(null as string) as order_id
from raw_events
