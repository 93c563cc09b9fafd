-- Purpose: units sold and units returned.
-- Grain:   one row per line and booking (sale, return)
-- Reads:   raw_order_items, products, customers
select
    lines._record,
    if(booking = 'return', concat(lines.id, '/return'), lines.id) as order_item_id,
    lines.order_id,
    booking as line_type,
    'product' as item_kind,
    lines.product_id,
    product_name,
    if(booking = 'return', -1, 1) as quantity,
    sale_price as unit_price,
    cast(if(booking = 'return', -sale_price, sale_price) as decimal(18, 4)) as amount,
    'USD' as currency,
    user_id as customer_id,
    country,
    cast(null as string) as session_id,
    if(booking = 'return', returned_at, lines.created_at) as ordered_at,
    cast(if(booking = 'return', returned_at_local, created_at_local) as date) as order_date
from raw_order_items as lines
left join products on lines.product_id = products.product_id
left join customers on user_id = customer_id
