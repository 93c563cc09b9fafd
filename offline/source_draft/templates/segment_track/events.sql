-- Purpose: what visitors did, as the shop's tracking reported it.
-- Grain:   one row per call, and per product where a call is about products
-- Reads:   raw_calls
select
    _record,
    concat_ws('/', messageId, if(coalesce(type, 'track') = 'track', product_number, null)) as event_id,
    timestamp as event_time,
    cast(timestamp_local as date) as event_date,
    case
        when type in ('page', 'screen') then 'page'
        when event = 'Product Viewed' then 'view'
        when event = 'Product Added' then 'cart'
        when event = 'Product Removed' then 'remove_from_cart'
        when event = 'Order Completed' then 'purchase'
    end as event_type,
    coalesce(nullif(product.product_id, ''), nullif(product.sku, '')) as product_id,
    cast(null as string) as category_id,
    nullif(product.category, '') as category,
    nullif(product.brand, '') as brand,
    product.price,
    product.quantity,
    coalesce(userId, anonymousId) as user_id,
    cast(null as string) as session_id,
    properties.order_id
from raw_calls
