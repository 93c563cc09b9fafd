-- Purpose: what visitors did, as GA4 saw it.
-- Grain:   one row per event, and per product where an event is about products
-- Reads:   raw_events
with named as (
    select
        *,
        get(filter(event_params, param -> param.key = 'ga_session_id'), 0).value.int_value as session_number,
        -- GA4 writes words for what it does not know.
        nullif(nullif(item.item_id, '(not set)'), '') as item_id,
        nullif(nullif(ecommerce.transaction_id, '(not set)'), '') as transaction_id
    from raw_events
)

select
    _record,
    -- An event has no ID. These fields together identify it; see the export's schema.
    concat_ws(
        '-', user_pseudo_id, unix_micros(event_timestamp), event_name, event_bundle_sequence_id, batch_event_index,
        coalesce(item_number, 1)
    ) as event_id,
    event_timestamp as event_time,
    cast(event_timestamp_local as date) as event_date,
    case event_name
        when 'view_item' then 'view'
        when 'add_to_cart' then 'cart'
        when 'page_view' then 'page'
        when 'screen_view' then 'page'
        else event_name
    end as event_type,
    coalesce(item_id, nullif(item.item_name, '(not set)')) as product_id,
    cast(null as string) as category_id,
    nullif(concat_ws(
        '/', nullif(item.item_category, '(not set)'), nullif(item.item_category2, '(not set)'),
        nullif(item.item_category3, '(not set)'), nullif(item.item_category4, '(not set)'),
        nullif(item.item_category5, '(not set)')
    ), '') as category,
    nullif(nullif(item.item_brand, '(not set)'), '') as brand,
    try_cast(item.price as decimal(18, 4)) as price,
    try_cast(item.quantity as int) as quantity,
    coalesce(user_id, user_pseudo_id) as user_id,
    concat(user_pseudo_id, '.', session_number) as session_id,
    transaction_id as order_id
from named
