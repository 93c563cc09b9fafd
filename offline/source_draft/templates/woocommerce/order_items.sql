-- Purpose: what was sold, without tax, with coupons, shipping, fees and refunds as lines of their own.
-- Grain:   one row per line of the newest version of an order, and per discount and refund
-- Reads:   raw_orders
with priced as (
    select
        *,
        cast(try_divide(line.value, line.quantity) as decimal(18, 4)) as unit_price,
        try_cast(date_created_gmt as timestamp) as created
    from raw_orders
)

select
    _record,
    concat(id, '/', line.id) as order_item_id,
    id as order_id,
    if(line.part = 'refund', 'return', 'sale') as line_type,
    if(line.part = 'refund', 'adjustment', line.part) as item_kind,
    line.product as product_id,
    line.name as product_name,
    line.quantity,
    unit_price,
    cast(line.quantity * unit_price as decimal(18, 4)) as amount,
    currency,
    coalesce(sha2(nullif(lower(trim(billing.email)), ''), 256), nullif(customer_id, '0')) as customer_id,
    coalesce(nullif(shipping.country, ''), nullif(billing.country, '')) as country,
    cast(null as string) as session_id,
    created as ordered_at,
    cast(date_created_local as date) as order_date
from priced
