-- Purpose: visitor activity, page by page.
-- Grain:   one row per page view
-- Reads:   raw_events, raw_products
with parsed as (
    select
        _record, id, user_id, session_id, created_at, created_at_local, event_type, sequence_number,
        nullif(regexp_extract(uri, '^/product/([0-9]+)$', 1), '') as viewed
    from raw_events
),

-- Cart and purchase events do not name a product; it is the last one that the session viewed.
with_last_viewed as (
    select
        *,
        last_value(viewed, true) over (
            partition by session_id order by sequence_number, id rows between unbounded preceding and current row
        ) as last_viewed
    from parsed
),

canonical as (
    select
        *,
        case
            when event_type = 'product' then 'view'
            when event_type in ('home', 'department', 'cancel') then 'page'
            else event_type
        end as canonical_type,
        if(event_type in ('product', 'cart', 'purchase'), last_viewed, null) as product
    from with_last_viewed
),

catalog as (
    select id as product_id, min(category) as category, min(brand) as brand, min(retail_price) as price
    from raw_products
    group by id
)

select
    _record,
    id as event_id,
    created_at as event_time,
    cast(created_at_local as date) as event_date,
    canonical_type as event_type,
    product as product_id,
    category as category_id,
    category,
    brand,
    price,
    if(canonical_type = 'page', null, 1) as quantity,
    user_id,
    session_id,
    cast(null as string) as order_id
from canonical left join catalog on product = product_id
