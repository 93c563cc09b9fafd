-- Purpose: sales, discounts and returns.
-- Grain:   one row per item of an order, per discount, and per booking (sale, return)
-- Reads:   raw_transactions, raw_users, raw_products
with user_countries as (
    select user_id as country_user_id, max(struct(_ingest_date, geo_data.country)).country as user_country
    from raw_users
    group by user_id
),

product_names as (
    select product_id as named_product_id, max(struct(_ingest_date, name)).name as product_name
    from raw_products
    group by product_id
),

booked as (
    select *, if(line.booking = 'return', -line.quantity, line.quantity) as booked_quantity
    from raw_transactions
)

select
    _record,
    concat(transaction_id, '/', line_number) as order_item_id,
    transaction_id as order_id,
    line.booking as line_type,
    line.kind as item_kind,
    line.product_id,
    product_name,
    booked_quantity as quantity,
    line.unit_price,
    cast(booked_quantity * line.unit_price as decimal(18, 4)) as amount,
    'USD' as currency,
    user_id as customer_id,
    coalesce(shipping_address.country, user_country) as country,
    session_id,
    timestamp as ordered_at,
    cast(timestamp_local as date) as order_date
from booked
left join user_countries on user_id = country_user_id
left join product_names on line.product_id = named_product_id
