-- Purpose: what was sold and refunded, without tax, in the base currency, with discounts and shipping as lines of their own.
-- Grain:   one row per item of the newest version of an order, and per discount, shipping, refund and adjustment
-- Reads:   raw_orders
with counted as (
    select
        *,
        -- A quantity that is not whole has no place in the table; the row goes to quarantine.
        if(line.quantity = floor(line.quantity), cast(line.quantity as int), null) as quantity,
        try_cast(created_at as timestamp) as created
    from raw_orders
)

select
    _record,
    concat(increment_id, '/', line.id) as order_item_id,
    increment_id as order_id,
    line.type as line_type,
    line.kind as item_kind,
    line.sku as product_id,
    line.name as product_name,
    quantity,
    line.price as unit_price,
    cast(quantity * line.price as decimal(18, 4)) as amount,
    base_currency_code as currency,
    coalesce(sha2(nullif(lower(trim(customer_email)), ''), 256), customer_id) as customer_id,
    billing_address.country_id as country,
    cast(null as string) as session_id,
    created as ordered_at,
    cast(from_utc_timestamp(created, '{{timezone}}') as date) as order_date
from counted
