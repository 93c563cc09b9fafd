-- Purpose: the log as canonical events, each with the price and category of its item at that time.
-- Grain:   one row per line of the log
-- Reads:   raw_events, raw_item_properties
with changes as (
    -- The largest of several values at one time wins, so that the order of lines does not matter.
    select
        itemid,
        coalesce(timestamp, timestamp '0001-01-01 00:00:00') as timestamp,
        max(if(property = '790', try_cast(ltrim('n', value) as decimal(18, 4)), null)) as price,
        max(if(property = 'categoryid', value, null)) as category_id
    from raw_item_properties
    where property in ('790', 'categoryid') and _record.broken is null
    group by itemid, timestamp
),

timeline as (
    select
        null as _record, itemid, timestamp, 0 as is_event, price, category_id, null as event, null as visitorid,
        null as transactionid, null as timestamp_local
    from changes
    union all
    select
        _record, itemid, timestamp, 1 as is_event, null as price, null as category_id, event, visitorid,
        transactionid, timestamp_local
    from raw_events
),

with_properties as (
    select
        *,
        last_value(price, true) over past as current_price,
        last_value(category_id, true) over past as current_category
    from timeline
    window past as (
        partition by itemid order by timestamp, is_event rows between unbounded preceding and current row
    )
)

select
    _record,
    -- The log has no event ID. The time and a hash of the record identify an event; identical lines are one event.
    lower(concat(
        hex(unix_millis(timestamp)), '-', lpad(hex(xxhash64(visitorid, event, itemid, transactionid)), 16, '0')
    )) as event_id,
    timestamp as event_time,
    cast(timestamp_local as date) as event_date,
    case event
        when 'addtocart' then 'cart'
        when 'transaction' then 'purchase'
        else event
    end as event_type,
    itemid as product_id,
    current_category as category_id,
    current_category as category,
    cast(null as string) as brand,
    current_price as price,
    1 as quantity,
    visitorid as user_id,
    cast(null as string) as session_id,
    nullif(transactionid, '') as order_id
from with_properties
where is_event = 1
